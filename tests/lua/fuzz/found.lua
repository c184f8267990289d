describe("fuzz.found", function()
  subcommands("found", {"mremap_old_length", "sigqueue_number", "umount_tree"})
end)
