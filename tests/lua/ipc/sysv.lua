describe("ipc", function()
  subcommands("sysv_shm", {
    "shm", "shm_keys", "shm_removed", "shm_places", "shm_counts", "shm_permissions", "proc_files",
  })
  subcommands("sysv_limits", {"queues", "segments", "semaphores", "next_id"})
  subcommands("sysv", {
    "sem", "sem_errors", "sem_undo", "sem_wakes", "sem_sleepers", "sem_undo_killed", "sem_contended",
    "msg", "msg_errors", "msg_copy", "msg_blocks", "ids",
  })
end)

describe("ipc.mqueue", function()
  subcommands("mqueue", {"opening", "order", "attributes", "waiting", "notification", "limits", "mounted"})
end)
