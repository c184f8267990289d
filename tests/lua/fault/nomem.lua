-- Allocations that fail: each operation of tests/user/nomem.c, each of its allocations in turn. It has to say ENOMEM (or
-- what is given here, or succeed all the same), and to leave nothing behind.
local REPEAT = 8 -- so that what is lost each time stands out
local LIMIT = 300

local function ask(p, word)
  p.stdin:write(word .. "\n")
  return p.stdout:read("l", 5)
end

-- One go with the nth allocation failing. Gives its result, and whether there was an nth.
local function attempt(p, call, n)
  local f <close> = fault.inject{pid = p.pid, call = call, nth = n}
  local result, failed, site = ask(p, "go"), f.failed > 0, f.site
  f:clear()
  assert.equal("clean", ask(p, "undo"), site)
  return result, failed, site
end

local function objects()
  return mem.info().kernel_objects
end

-- Gives the number of allocations.
local function each_allocation(p, call, allowed)
  for n = 1, LIMIT do
    local before, site = objects(), nil
    for _ = 1, REPEAT do
      local result, failed
      result, failed, site = attempt(p, call, n)
      if not failed then
        assert.equal("ok", result)
        return n - 1
      end
      assert.truthy(result == "ENOMEM" or result == "ok" or allowed[result], tostring(result) .. " after " .. tostring(site))
    end
    assert.truthy(objects() - before < REPEAT, "objects left behind after " .. tostring(site) .. " failed")
  end
  error("more than " .. LIMIT .. " allocations")
end

local function need_faults()
  local f = fault.inject{pid = 1}
  if not f then pending("release builds inject no faults") end
  f:clear()
end


local function stays_clean(p)
  for _ = 1, 2 do
    local result = ask(p, "go")
    assert.equal("ok", result)
    assert.equal("clean", ask(p, "undo"))
  end
end

-- The operation, the system call whose allocations fail, and errors other than ENOMEM that it may give.
local function operation(name, call, ...)
  local allowed = {}
  for _, errno in ipairs{...} do allowed[errno] = true end
  it(name, function()
    need_faults()
    local p <close> = owned(assert(proc.spawn{bin .. "nomem", name, stdin = "pipe", stdout = "pipe", stderr = "stdout"}))
    stays_clean(p)
    each_allocation(p, call, allowed)
    p.stdin:close()
    p:wait()
  end, {timeout = 60})
end

describe("fault.nomem", function()
  operation("open", "openat")
  operation("create", "openat")
  operation("directory", "openat")
  operation("ptmx", "openat")
  operation("tmpfile", "openat")
  operation("pipe", "pipe2")
  operation("socket", "socket")
  operation("socketpair", "socketpair")
  operation("bind", "bind")
  operation("connect", "connect")
  operation("sendmsg", "sendmsg", "ENOBUFS")
  operation("epoll", "epoll_create1")
  operation("epoll_add", "epoll_ctl")
  operation("eventfd", "eventfd2")
  operation("signalfd", "signalfd4")
  operation("timerfd", "timerfd_create")
  operation("timer", "timer_create", "EAGAIN")
  operation("pidfd", "pidfd_open")
  operation("memfd", "memfd_create")
  operation("mkdir", "mkdirat")
  operation("symlink", "symlinkat")
  operation("link", "linkat")
  operation("rename", "renameat2")
  operation("mount", "mount")
  operation("write", "pwrite64")
  operation("fallocate", "fallocate")
  operation("lock", "fcntl", "ENOLCK")
  operation("flock", "flock")
  operation("dup_far", "fcntl", "EMFILE")
  operation("mmap", "mmap")
  operation("mmap_shared", "mmap")
  operation("mmap_file", "mmap")
  operation("mmap_fixed", "mmap")
  operation("munmap", "munmap")
  operation("mprotect", "mprotect")
  operation("madvise", "madvise", "EAGAIN")
  operation("mlock", "mlock", "EAGAIN")
  operation("mremap", "mremap")
  operation("brk", "brk")
  operation("fork", "clone")
  operation("thread", "clone")
  operation("poll", "ppoll")
  operation("select", "pselect6")
  operation("readv", "preadv")
  operation("setgroups", "setgroups")
  operation("setuid", "setresuid")
  operation("sigqueue", "rt_sigqueueinfo", "EAGAIN")
  operation("setxattr", "fsetxattr")
  operation("getdents", "getdents64")
  operation("readlink", "readlinkat")
  operation("getcwd", "getcwd")
  operation("chdir", "chdir")
  operation("shmget", "shmget")

  -- Up to the point of no return it says ENOMEM; after that it is killed.
  it("exec", function()
    need_faults()
    for n = 1, LIMIT do
      local before, done = objects(), false
      for _ = 1, REPEAT do
        local p <close> = owned(assert(proc.spawn{bin .. "nomem", "exec", stdin = "pipe", stdout = "pipe", stderr = "stdout"}))
        local f <close> = fault.inject{pid = p.pid, call = "execve", nth = n}
        local result = ask(p, "go")
        done = f.failed == 0
        p.stdin:close()
        local w = p:wait()
        assert.truthy(result == "ENOMEM" or result == "there" or w.signal == signal.SIGKILL or w.signal == signal.SIGSEGV,
          tostring(result) .. " after " .. tostring(f.site))
        assert.truthy(not done or result == "there")
      end
      if done then return end
      eventually(function() return objects() - before < REPEAT end)
    end
    error("more than " .. LIMIT .. " allocations")
  end, {timeout = 120})
end)
