describe("fs.program", function()
  subcommands("file", {
    "create", "append", "truncate_on_open", "seek", "sparse", "truncate", "large", "unlink_open", "dup",
    "status_flags", "vectors", "modes", "nameless_attributes", "permissions", "times", "statx", "sendfile", "devices", "descriptor_limit",
    "tmpfile", "readonly_errors", "dup_query", "created_query", "own_locks", "most_descriptors",
  })
  subcommands("path", {
    "rename_file", "rename_directory", "hard_links", "symlinks", "symlink_loops", "directories", "names", "cwd",
    "readdir_1000", "seekdir", "at_empty_path",
    "protected_links",
  })
end)

describe("fs.pipe", function()
  subcommands("pipe", {
    "basic", "eof", "eof_after_child", "epipe", "sigpipe", "nonblock", "atomic", "transfer", "poll", "poll_waits", "select",
    "reader_gone", "fifo", "fionread", "cloexec", "many",
  })
end)

describe("fs.lua", function()
  it("write_read_append", function()
    with_folder(function(dir)
      local path = dir .. "/a"
      assert(fs.write(path, "one\0two\n"))
      assert.equal("one\0two\n", fs.read(path))
      assert(fs.append(path, "three"))
      assert.equal("one\0two\nthree", fs.read(path))
      assert.equal("one", fs.read(path, 3))
      assert(fs.write(path, ""))
      assert.equal("", fs.read(path))
      local big = ("0123456789abcdef"):rep(20000)
      assert(fs.write(path, big))
      assert.truthy(fs.read(path) == big, "320000 bytes")
    end)
  end)

  it("stat_list_mkdir_remove", function()
    with_folder(function(dir)
      assert(fs.mkdir(dir .. "/sub", 448))
      assert(fs.write(dir .. "/f", "12345", 384))
      local st = fs.stat(dir .. "/f")
      assert.equal("file", st.type)
      assert.equal(5, st.size)
      assert.equal(384, st.mode)
      assert.equal("directory", fs.stat(dir .. "/sub").type)
      local list = fs.list(dir)
      table.sort(list, function(a, b) return a.name < b.name end)
      assert.equal(2, #list)
      assert.equal("f", list[1].name)
      assert.equal("directory", list[2].type)
      assert(fs.rename(dir .. "/f", dir .. "/sub/g"))
      assert.fails("ENOTEMPTY", fs.remove(dir .. "/sub"))
      assert(fs.remove(dir .. "/sub/g"))
      assert(fs.remove(dir .. "/sub"))
      assert(fs.symlink("nowhere", dir .. "/l"))
      assert.equal("link", fs.stat(dir .. "/l", false).type)
    end)
  end)

  it("errors_name_the_path", function()
    local v, message, errno = fs.read("/no/such/file")
    assert.equal(nil, v)
    assert.equal("/no/such/file: no such file or directory", message)
    assert.equal(sys.errno.ENOENT, errno)
    assert.fails("ENOENT", fs.list("/nowhere"))
    assert.fails("ENOTDIR", fs.list("/dev/null"))
    assert.fails("EISDIR", fs.write("/dev", "x"))
    assert.fails("EEXIST", fs.mkdir("/dev"))
    assert.fails("ENOENT", fs.stat(""))
    assert.fails("EISDIR", fs.read("/"))
  end)

  it("open_handles_close_themselves", function()
    with_folder(function(dir)
      do
        local f <close> = assert(fs.open(dir .. "/f", "w"))
        assert.equal(6, f:write("a\nb\nc\n"))
      end
      local lines = {}
      local f = assert(fs.open(dir .. "/f"))
      for line in f:lines() do lines[#lines + 1] = line end
      assert.same({"a", "b", "c"}, lines)
      assert.equal(nil, f:read("l"))
      f:close()
      f:close() -- twice does no harm
      assert.error(function() f:read() end, "closed")
      local lost = assert(fs.open(dir .. "/f"))
      local before = mem.info().handles
      lost = nil
      collectgarbage()
      collectgarbage()
      assert.equal(before - 1, mem.info().handles)
    end)
  end)

  it("proc_status_of_a_program", function()
    if not fs.stat("/proc/self/status") then pending("no /proc") end
    local out = run{bin .. "hello"}
    assert.equal("hello, world\n", out)
    local p <close> = stay{bin .. "thread", "stay"}
    local status = assert(fs.read("/proc/" .. p.pid .. "/status"))
    assert.match("Name:%s+thread", status)
    assert.match("Threads:%s+4", status)
    assert.match("PPid:%s+2", status)
    assert.match("thread\0stay\0", fs.read("/proc/" .. p.pid .. "/cmdline"))
    assert.match("/tests/bin/thread", fs.read("/proc/" .. p.pid .. "/maps"))
    assert.match("^" .. p.pid .. " %(thread%) S 2 ", fs.read("/proc/" .. p.pid .. "/stat"))
    assert.fails("ENOENT", fs.read("/proc/999999/status"))
  end)

  it("proc_system_files", function()
    if not fs.stat("/proc/meminfo") then pending("no /proc/meminfo") end
    assert.match("MemTotal:%s+%d+ kB", fs.read("/proc/meminfo"))
    assert.match("^%d+%.%d+ %d+%.%d+\n$", fs.read("/proc/uptime"))
    assert.match("Linux version", fs.read("/proc/version"))
  end)
end)
