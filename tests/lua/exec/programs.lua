-- A small program: writing it out takes longer than running it.
local image
local function elf()
  image = image or assert(fs.read(bin .. "hello"))
  return image
end

-- The error that executing this file gives.
local function try(dir, content, mode)
  local path = dir .. "/x"
  assert(fs.write(path, content, mode or 493))
  local p, _, errno = proc.spawn{path}
  fs.remove(path)
  if p then
    local result = p:wait()
    return result.kind == "exited" and "ran" or result.kind .. " " .. tostring(result.signame)
  end
  local _, name = sys.strerror(errno)
  return name
end

local function patched(offset, format, ...)
  local s, bytes = elf(), string.pack(format, ...)
  return s:sub(1, offset) .. bytes .. s:sub(offset + #bytes + 1)
end

-- Runs fn(header offset) for the first PT_LOAD.
local function first_load()
  local s = elf()
  local phoff, phnum = string.unpack("<I8", s, 33), string.unpack("<I2", s, 57)
  for i = 0, phnum - 1 do
    if string.unpack("<I4", s, phoff + i * 56 + 1) == 1 then return phoff + i * 56 end
  end
end

describe("exec", function()
  subcommands("exec", {"auxv", "auxv_order", "stack_aligned", "by_descriptor", "layout", "personality", "large_args", "cloexec", "keeps", "too_big"})

  it("no_arguments_at_all", function()
    assert.equal("ok\n", run{bin .. "exec", "no_args", stderr = "null"})
  end)

  it("text_file_busy", function()
    assert.equal("ok\n", run{bin .. "exec", "busy", bin .. "exec"})
  end)

  it("arguments_and_environment", function()
    local out = run{bin .. "exec", "show", "one", "two words", "", env = {A = "1", LONG = ("x"):rep(5000)}}
    assert.match("^arg one\narg two words\narg \n", out)
    assert.match("env A=1\n", out)
    assert.match("env LONG=x+\n", out)
  end)

  it("static_pie_relocates_itself", function()
    if not fs.stat(bin .. "hello_pie") then pending("hello_pie was not built") end
    assert.equal("hello from static-pie\nmoved\n", run{bin .. "hello_pie"})
  end)

  it("errors_of_a_path", function()
    assert.fails("ENOENT", proc.spawn{"/no/such/program"})
    assert.fails("ENOENT", proc.spawn{""})
    assert.fails("EACCES", proc.spawn{"/tests"})
    assert.fails("ENOTDIR", proc.spawn{bin .. "hello/x"})
    with_folder(function(dir)
      assert.equal("EACCES", try(dir, elf(), 420))
      assert.equal("ran", try(dir, elf()))
      fs.symlink(dir .. "/loop", dir .. "/loop")
      assert.fails("ELOOP", proc.spawn{dir .. "/loop"})
    end)
  end)

  it("cut_elf_files", function()
    with_folder(function(dir)
      local s = elf()
      for _, n in ipairs{0, 1, 3, 4, 5, 16, 20, 40, 52, 63, 64, 65, 100, 120, 200, 400} do
        local got = try(dir, s:sub(1, n))
        assert.truthy(got == "ENOEXEC" or got == "EIO" or (n > 120 and got:find("^killed SIG[SB]")), n .. " bytes: " .. got)
      end
      -- Everything up to the program headers is there, the segments are not: it may start, and dies of it.
      for _, n in ipairs{4096, #s // 2} do
        local got = try(dir, s:sub(1, n))
        assert.truthy(got:find("killed SIG") or got == "EFAULT" or got == "ENOEXEC" or got == "EIO", n .. " bytes: " .. got)
      end
    end)
  end, {timeout = 30})

  it("wrong_headers", function()
    with_folder(function(dir)
      assert.equal("ENOEXEC", try(dir, patched(0, "c4", "\127ELE")), "magic")
      assert.equal("ENOEXEC", try(dir, patched(4, "B", 1)), "32 bits")
      assert.equal("ENOEXEC", try(dir, patched(16, "<I2", 1)), "a relocatable file")
      assert.equal("ENOEXEC", try(dir, patched(16, "<I2", 4)), "a core file")
      assert.equal("ENOEXEC", try(dir, patched(18, "<I2", 3)), "i386")
      assert.equal("ENOEXEC", try(dir, patched(54, "<I2", 55)), "size of program headers")
      assert.equal("ENOEXEC", try(dir, patched(56, "<I2", 0)), "no program headers")
      assert.equal("ENOEXEC", try(dir, patched(56, "<I2", 65535)), "too many program headers")
      assert.truthy(try(dir, patched(32, "<I8", -1)) ~= "ran", "program headers nowhere")
      assert.truthy(try(dir, patched(32, "<I8", 1 << 62)) ~= "ran", "program headers far away")
    end)
  end)

  it("hostile_segments", function()
    with_folder(function(dir)
      local ph = first_load()
      local fields = {offset = 8, vaddr = 16, filesz = 32, memsz = 40}
      for name, at in pairs(fields) do
        for _, value in ipairs{-1, -4096, 1 << 63, 1 << 62, (1 << 47) - 4096, 0x7fffffffffffffff, 1} do
          local got = try(dir, patched(ph + at, "<i8", value))
          assert.truthy(got, name)
        end
      end
      -- Of zero size, huge in memory, in the kernel's half: refused or dead, never running elsewhere.
      local got = try(dir, patched(ph + 16, "<i8", -0x80000000))
      assert.truthy(got ~= "ran", "loaded into the kernel: " .. got)
      got = try(dir, patched(ph + 40, "<i8", 1 << 46))
      assert.truthy(got ~= "ran", "a segment of 64 TiB: " .. got)
    end)
    assert.equal("hello, world\n", run{bin .. "hello"})
  end, {timeout = 30})

  it("every_header_byte_may_be_wrong", function()
    with_folder(function(dir)
      local s = elf()
      for at = 4, 63 do
        local got = try(dir, s:sub(1, at) .. string.char((s:byte(at + 1) ~ 0xff) & 0xff) .. s:sub(at + 2))
        assert.truthy(got)
      end
    end)
    assert.equal("hello, world\n", run{bin .. "hello"})
  end, {timeout = 60})

  it("random_rubbish", function()
    with_folder(function(dir)
      for _ = 1, 15 do
        local bytes = {}
        for i = 1, 200 do bytes[i] = string.char(math.random(0, 255)) end
        assert.equal("ENOEXEC", try(dir, "\1" .. table.concat(bytes)))
        local got = try(dir, elf():sub(1, 16) .. table.concat(bytes))
        assert.truthy(got ~= "ran", got)
      end
      assert.equal("ENOEXEC", try(dir, ""))
    end)
  end, {timeout = 30})

  it("scripts", function()
    with_folder(function(dir)
      local path = dir .. "/script"
      assert(fs.write(path, "#!" .. bin .. "exec show\nrest\n", 493))
      local out = run{path, "a", "b", env = {}}
      assert.equal("arg " .. path .. "\narg a\narg b\nok\n", out)
      assert(fs.write(path, "#! " .. bin .. "hello one arg \n", 493)) -- one argument, spaces and all
      assert.equal("one arg " .. path .. " x\n", run{path, "x"})
      assert(fs.write(path, "#!" .. bin .. "hello", 493)) -- no newline
      assert.equal(path .. "\n", run{path})
      assert(fs.write(path, "#!/no/such/interpreter\n", 493))
      assert.fails("ENOENT", proc.spawn{path})
      assert(fs.write(path, "#!\n", 493))
      assert.fails("ENOEXEC", proc.spawn{path})
    end)
  end)

  -- 256 bytes are looked at: an argument may be cut there, the interpreter's name may not.
  it("script_lines", function()
    with_folder(function(dir)
      local path = dir .. "/script"
      local function result(line, ...)
        assert(fs.write(path, line, 493))
        local p, _, errno = proc.spawn{path, stdout = "pipe"}
        if not p then
          local _, name = sys.strerror(errno)
          return name
        end
        local out = p.stdout:read("a")
        p.stdout:close()
        p:wait()
        return (out:gsub("\n$", ""):gsub(" ?" .. path:gsub("%W", "%%%0") .. "$", ""))
      end
      local start = "#!" .. bin .. "hello"
      assert.equal("ENOEXEC", result("#!" .. ("/x"):rep(300)))
      assert.equal("ENOEXEC", result(start .. ("x"):rep(256 - #start)))
      assert.equal("ENOEXEC", result("#! \t \t\n"))
      assert.equal("ENOEXEC", result("#!" .. (" "):rep(400) .. bin .. "hello\n"))
      assert.equal("ENOENT", result(start .. ("x"):rep(254 - #start) .. " y"))
      assert.equal("a\tb  c", result(start .. " \t a\tb  c \t \n"))
      assert.equal(("x"):rep(255 - #start - 1), result(start .. " " .. ("x"):rep(400) .. "\n"))
      assert.equal("ENOENT", result("#!/none" .. "\0" .. " arg\n"))
      assert.equal("", result("#! \t" .. bin .. "hello\t\n"))
    end)
  end)

  it("scripts_of_scripts", function()
    with_folder(function(dir)
      local inner = "#!" .. bin .. "hello\n"
      for i = 1, 4 do
        assert(fs.write(dir .. "/" .. i, inner, 493))
        inner = "#!" .. dir .. "/" .. i .. "\n"
      end
      assert.equal(table.concat({dir .. "/1", dir .. "/2", dir .. "/3", dir .. "/4", "end\n"}, " "),
        run{dir .. "/4", "end", status = 5})
      for i = 5, 6 do -- five scripts on the way to a program are the most
        assert(fs.write(dir .. "/" .. i, "#!" .. dir .. "/" .. i - 1 .. "\n", 493))
      end
      run{dir .. "/5", status = 5}
      assert.fails("ELOOP", proc.spawn{dir .. "/6"})
      assert(fs.write(dir .. "/loop", "#!" .. dir .. "/loop\n", 493))
      assert.fails("ELOOP", proc.spawn{dir .. "/loop"})
    end)
  end)

  it("errors_as_a_program_sees_them", function()
    with_folder(function(dir)
      assert(fs.write(dir .. "/text", "no program\n", 493))
      assert(fs.write(dir .. "/noexec", elf(), 420))
      local out = run{bin .. "exec", "try", "/none", dir, dir .. "/text", dir .. "/noexec", bin .. "hello/x", bin .. "hello"}
      assert.match("/none: ENOENT\n", out)
      assert.truthy(out:find(dir .. ": EACCES\n", 1, true), out)
      assert.match("text: ENOEXEC\n", out)
      assert.match("noexec: EACCES\n", out)
      assert.match("hello/x: ENOTDIR\n", out)
      assert.match("bin/hello: ran\n", out)
    end)
  end)

  it("set_user_id", function()
    with_folder(function(dir)
      local s = assert(fs.read(bin .. "exec"))
      assert(fs.write(dir .. "/exec", s, 0x9ed)) -- 04755
      if fs.stat(dir .. "/exec").mode ~= 0x9ed then pending("the mode was not kept") end
      local out = run{bin .. "exec", "as_user", dir .. "/exec", "set_uid_check"}
      assert.equal("uid 1000 euid 0 secure 1\nok\n", out)
      assert.match("^EACCES\n", (run{bin .. "exec", "as_user", dir, "x"}))
    end)
  end)
end)
