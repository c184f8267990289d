/* pipe2(2), and the size of pipes (F_SETPIPE_SZ of fcntl(2)). */
#include "fs/pipe.h"

#include "fs/internal.h"
#include "printk.h"
#include "syscall/syscall.h"

static struct superblock pipe_superblock = {
    .type = "pipefs", .dev = MKDEV(0, 0xffffe), .next_ino = 1, .magic = PIPEFS_MAGIC, .refs = {1}};

bool pipe_is_anonymous(const struct inode *i)
{
	return i->sb == &pipe_superblock;
}

/* The most that F_SETPIPE_SZ gives without CAP_SYS_RESOURCE. */
#define PIPE_MAX_SIZE (1u << 20)

static int64_t pipe_resize(struct pipe *p, uint64_t size)
{
	unsigned slots = 1;
	struct pipe_slot *ring;
	int64_t result;

	if (size > 1u << 31)
		return -EINVAL;
	while (slots * PAGE_SIZE < size)
		slots *= 2;
	if (slots * PAGE_SIZE > PIPE_MAX_SIZE && !fs_capable(CAP_SYS_RESOURCE))
		return -EPERM;
	ring = kcalloc(slots, sizeof(*ring));
	if (!ring)
		return -ENOMEM;
	mutex_lock(&p->lock);
	if (p->head - p->tail + p->reserved > slots) {
		result = -EBUSY;
	} else {
		struct pipe_slot *old = p->ring;
		for (unsigned k = p->tail; k != p->head; k++)
			ring[k & (slots - 1)] = *pipe_slot_at(p, k);
		p->ring = ring;
		p->slots = slots;
		ring = old;
		result = (int64_t)(slots * PAGE_SIZE);
	}
	mutex_unlock(&p->lock);
	kfree(ring);
	if (result > 0)
		pipe_wake_writers(p);
	return result;
}

int64_t pipe_fcntl(struct file *f, unsigned cmd, uint64_t arg)
{
	struct pipe *p = f->data;

	if (f->ops != &fifo_file_ops)
		return -EBADF;
	return cmd == F_SETPIPE_SZ ? pipe_resize(p, (unsigned)arg)
				   : (int64_t)(p->slots * PAGE_SIZE);
}

/* The two ends; `d` is the pipe's own name. */
static int open_ends(struct dentry *d, unsigned flags, struct file *out[2])
{
	out[0] = file_open_dentry(d, O_RDONLY | (flags & O_NONBLOCK));
	if (IS_ERR(out[0]))
		return PTR_ERR(out[0]);
	out[1] = file_open_dentry(d, O_WRONLY | (flags & (O_NONBLOCK | O_DIRECT)));
	if (!IS_ERR(out[1]))
		return 0;
	file_put(out[0]);
	return PTR_ERR(out[1]);
}

int do_pipe(struct file *out[2], unsigned flags)
{
	struct inode *i;
	struct dentry *d;
	char name[32];
	int err;

	if (flags & ~(unsigned)(O_CLOEXEC | O_NONBLOCK | O_DIRECT))
		return -EINVAL;
	i = inode_create(&pipe_superblock, S_IFIFO | 0600);
	if (!i)
		return -ENOMEM;
	fmt_string(name, sizeof(name), "pipe:[%llu]", (unsigned long long)i->ino);
	d = dentry_create_alone(i, name);
	if (!d)
		return -ENOMEM;
	err = open_ends(d, flags, out);
	dentry_put(d);
	return err;
}

SYSCALL(pipe2)
{
	struct file *ends[2];
	int fds[2], err = do_pipe(ends, (unsigned)a[1]);

	if (err)
		return err;
	err = fd_install_pair(ends[0], ends[1], (unsigned)a[1], fds);
	if (err) {
		file_put(ends[0]);
		file_put(ends[1]);
		return err;
	}
	err = arch_copy_out(a[0], fds, sizeof(fds));
	if (err) {
		fd_close(fds[0]);
		fd_close(fds[1]);
	}
	return err;
}
