describe("fs.mount", function()
  subcommands("mount", {"bind", "bind_errors", "bad_targets", "recursive", "readonly", "flags", "nosymfollow", "move", "unmount_flags",
    "remount_options"})
end)

describe("fs.openat2", function()
  subcommands("openat2", {"arguments", "scopes", "links", "devices", "mount_ids", "holes", "allocation_modes", "pivot"})
end)
