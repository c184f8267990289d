/* Control messages (cmsg(3)): files and credentials from sender to receiver. */
#include "net/control.h"

#include "fs/internal.h"
#include "net/unix/unix.h"
#include "proc/pidfd.h"

#define OVERFLOW_ID 65534u /* how an unknown user or group is shown */

void control_set_current(struct control *c)
{
	pid_get(current->process->pid);
	pid_put(c->pid);
	c->pid = current->process->pid;
	c->uid = current_cred()->uid;
	c->gid = current_cred()->gid;
}

void file_list_free(struct file_list *l)
{
	if (!l)
		return;
	for (unsigned k = 0; k < l->count; k++)
		file_put(l->file[k]);
	inflight_user_put(l->user);
	kfree(l);
}

struct file_list *file_list_copy(const struct file_list *l)
{
	struct file_list *n = kzalloc(sizeof(*n));

	if (!n)
		return NULL;
	for (; n->count < l->count; n->count++) {
		n->file[n->count] = l->file[n->count];
		file_get(n->file[n->count]);
	}
	return n;
}

void control_end(struct control *c)
{
	pid_put(c->pid);
	file_list_free(c->files);
	*c = (struct control)CONTROL_INIT;
}

/* --- sending --- */

static int collect_files(struct control *c, const uint8_t *data, uint64_t len)
{
	uint64_t n = len / sizeof(int32_t);

	if (!n)
		return 0;
	if (n > SCM_MAX_FD)
		return -EINVAL;
	if (!c->files)
		c->files = kzalloc(sizeof(*c->files));
	if (!c->files)
		return -ENOMEM;
	if (c->files->count + n > SCM_MAX_FD)
		return -EINVAL;
	for (uint64_t k = 0; k < n; k++) {
		struct file *f;
		int32_t fd;

		memcpy(&fd, data + k * sizeof(fd), sizeof(fd));
		f = fd_get_raw(fd);
		if (!f)
			return -EBADF;
		c->files->file[c->files->count++] = f;
	}
	return 0;
}

/* May the current thread say that it is this one? */
static int check_credentials(const struct linux_ucred *u)
{
	const struct cred *c = current_cred();
	bool pid_ok = u->pid == current->process->pid->nr || cred_has_cap(c, CAP_SYS_ADMIN);
	bool uid_ok = u->uid == c->uid || u->uid == c->euid || u->uid == c->suid ||
		      cred_has_cap(c, CAP_SETUID);
	bool gid_ok = u->gid == c->gid || u->gid == c->egid || u->gid == c->sgid ||
		      cred_has_cap(c, CAP_SETGID);

	if (u->uid == UINT32_MAX || u->gid == UINT32_MAX)
		return -EINVAL;
	return pid_ok && uid_ok && gid_ok ? 0 : -EPERM;
}

static int collect_credentials(struct control *c, const uint8_t *data, uint64_t len)
{
	struct linux_ucred u;
	struct pid *pid;
	irqflags_t flags;
	int err;

	if (len != sizeof(u))
		return -EINVAL;
	memcpy(&u, data, sizeof(u));
	err = check_credentials(&u);
	if (err)
		return err;
	flags = spin_lock(&task_lock);
	pid = pid_find(u.pid);
	if (pid)
		pid_get(pid);
	spin_unlock(&task_lock, flags);
	if (!pid)
		return -ESRCH;
	pid_put(c->pid);
	c->pid = pid;
	c->uid = u.uid;
	c->gid = u.gid;
	return 0;
}

int control_collect(struct control *c, const struct message *m)
{
	uint64_t at = 0;

	while (m->control_len - at >= sizeof(struct linux_cmsghdr)) {
		struct linux_cmsghdr h;
		const uint8_t *data = m->control + at + sizeof(h);
		int err = 0;

		memcpy(&h, m->control + at, sizeof(h));
		if (h.len < sizeof(h) || h.len > m->control_len - at)
			return -EINVAL;
		if (h.level == SOL_SOCKET) {
			if (h.type == SCM_RIGHTS)
				err = collect_files(c, data, h.len - sizeof(h));
			else if (h.type == SCM_CREDENTIALS)
				err = collect_credentials(c, data, h.len - sizeof(h));
			else
				err = -EINVAL;
		}
		if (err)
			return err;
		at += CMSG_ALIGN(h.len);
		if (at > m->control_len)
			break;
	}
	if (c->files && !c->files->count) {
		file_list_free(c->files);
		c->files = NULL;
	}
	return 0;
}

/* --- receiving --- */

int message_put_control(struct message *m, int type, const void *data, size_t n)
{
	struct linux_cmsghdr h = {.len = CMSG_LEN(n), .level = SOL_SOCKET, .type = type};
	uint64_t space;

	if (!m->user_control || m->user_control_left < sizeof(h)) {
		m->out_flags |= MSG_CTRUNC;
		return 0;
	}
	if (m->user_control_left < h.len) {
		m->out_flags |= MSG_CTRUNC;
		h.len = m->user_control_left;
	}
	if (copy_out_obj(m->user_control, &h) ||
	    arch_copy_out(m->user_control + sizeof(h), data, h.len - sizeof(h)))
		return -EFAULT;
	space = MIN(CMSG_SPACE(n), m->user_control_left);
	m->user_control += space;
	m->user_control_left -= space;
	return 0;
}

/* A new descriptor, its number written to `to`. 0 or -errno. */
static int put_file(struct file *f, uaddr_t to, unsigned flags)
{
	int fd = fd_reserve(flags, 0);

	if (fd < 0)
		return fd;
	if (copy_out_obj(to, &fd)) {
		fd_unreserve(fd);
		return -EFAULT;
	}
	file_get(f);
	fd_publish(fd, f);
	return 0;
}

static void put_files(struct message *m, const struct file_list *l)
{
	unsigned flags = m->flags & MSG_CMSG_CLOEXEC ? O_CLOEXEC : 0, n = 0;
	struct linux_cmsghdr h = {.level = SOL_SOCKET, .type = SCM_RIGHTS};
	uint64_t room = 0, space;

	if (m->user_control && m->user_control_left > sizeof(h))
		room = (m->user_control_left - sizeof(h)) / sizeof(int32_t);
	while (n < l->count && n < room &&
	       !put_file(l->file[n], m->user_control + sizeof(h) + n * sizeof(int32_t), flags))
		n++;
	if (n < l->count)
		m->out_flags |= MSG_CTRUNC;
	if (!n)
		return;
	h.len = CMSG_LEN(n * sizeof(int32_t));
	if (copy_out_obj(m->user_control, &h))
		return;
	space = MIN(CMSG_SPACE(n * sizeof(int32_t)), m->user_control_left);
	m->user_control += space;
	m->user_control_left -= space;
}

/* A descriptor of the sender's process, or -errno in its place. */
static void put_pidfd(struct message *m, struct pid *pid)
{
	struct file *f = NULL;
	int fd, err;

	if (!m->user_control || m->user_control_left < CMSG_LEN(sizeof(fd))) {
		m->out_flags |= MSG_CTRUNC;
		return;
	}
	if (!pid)
		return;
	fd = pidfd_reserve(pid, &f);
	err = message_put_control(m, SCM_PIDFD, &fd, sizeof(fd));
	if (fd < 0)
		return;
	if (!err) {
		fd_publish(fd, f);
		return;
	}
	fd_unreserve(fd);
	file_put(f);
}

void control_deliver(const struct socket *s, struct message *m, struct control *c)
{
	if (socket_flag(s, FLAG_PASSCRED)) {
		struct linux_ucred u = {c->pid ? c->pid->nr : 0,
		    c->uid == UINT32_MAX ? OVERFLOW_ID : c->uid,
		    c->gid == UINT32_MAX ? OVERFLOW_ID : c->gid};

		message_put_control(m, SCM_CREDENTIALS, &u, sizeof(u));
	}
	if (c->files)
		put_files(m, c->files);
	if (socket_flag(s, FLAG_PASSPIDFD))
		put_pidfd(m, c->pid);
	control_end(c);
}
