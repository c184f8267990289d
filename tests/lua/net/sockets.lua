describe("net.stream", function()
  subcommands("sock", {
    "create", "file_view", "bind_errors", "names", "paths", "path_permission", "mode_of_socket", "connect_accept", "backlog",
    "not_connected", "transfer", "vectors", "flags", "ends", "sigpipe", "many_connections", "out_of_descriptors",
    "proc_net_unix",
  })
end)

describe("net.datagram", function()
  subcommands("sock_dgram", {
    "borders", "peek_offset", "addresses", "autobind", "full_queue", "self", "ends", "reconnect", "packets", "too_long",
    "many_messages", "headers",
  })
end)

describe("net.control", function()
  subcommands("sock_pass", {
    "rights", "unreceived", "truncated", "peek_rights", "bad_control", "in_flight_limit", "cycles", "live_cycle",
    "long_chain", "listener_cycle", "credentials", "peer_credentials", "peer_pidfds", "pidfds",
  })
end)

describe("net.wait", function()
  subcommands("sock_wait", {
    "blocked_read", "blocked_write", "blocked_accept", "blocked_connect", "interrupted", "restarted", "timeouts", "wait_all",
    "options", "buffers", "async", "edges",
  })
end)

describe("net.lua", function()
  it("fds_show_sockets", function()
    local p <close> = stay{bin .. "sock", "stay"}
    local fds = p:fds()
    assert.match("^socket:%[%d+%]$", fds[4].path)
    assert.equal("unix stream connected to " .. fds[5].path, fds[4].socket)
    assert.equal("unix stream listening at @stay", fds[6].socket)
    assert.match("listening at @stay", tostring(fds))
    assert.equal(nil, fds[1].socket)
  end)
end)
