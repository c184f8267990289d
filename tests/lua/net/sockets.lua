describe("net.stream", function()
  subcommands("sock", {
    "create", "file_view", "bind_errors", "names", "paths", "path_permission", "mode_of_socket", "connect_accept", "backlog",
    "not_connected", "transfer", "vectors", "flags", "ends", "sigpipe", "many_connections", "out_of_descriptors",
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
    "long_chain", "listener_cycle", "credentials", "peer_credentials",
  })
end)

describe("net.wait", function()
  subcommands("sock_wait", {
    "blocked_read", "blocked_write", "blocked_accept", "blocked_connect", "interrupted", "restarted", "timeouts", "wait_all",
    "options", "buffers", "async", "edges",
  })
end)
