/* SEM_UNDO: what a process that ends gives back (semop(2)). */
#include "ipc/sem.h"
#include "mm/heap.h"
#include "proc/process.h"

static struct sem_undo_list *list_create(void)
{
	struct sem_undo_list *l = kmalloc(sizeof(*l));
	if (!l)
		return NULL;
	l->users = 1;
	list_init(&l->undos);
	return l;
}

/* What belonged to sets that are gone. (sem_kind.lock) */
static void prune(struct sem_undo_list *l)
{
	struct sem_undo *u, *tmp;
	list_for_each_safe (u, tmp, &l->undos, list_link) {
		if (u->set)
			continue;
		list_remove(&u->list_link);
		kfree(u);
	}
}

struct sem_undo *sem_undo_find(struct sem_set *s)
{
	struct thread *t = current;
	struct sem_undo *u;
	if (!t->sem_undo)
		t->sem_undo = list_create();
	if (!t->sem_undo)
		return ERR_PTR(-ENOMEM);
	prune(t->sem_undo);
	list_for_each (u, &t->sem_undo->undos, list_link) {
		if (u->set == s)
			return u;
	}
	u = kzalloc(sizeof(*u) + s->count * sizeof(u->adjust[0]));
	if (!u)
		return ERR_PTR(-ENOMEM);
	u->set = s;
	list_append(&s->undos, &u->set_link);
	list_append(&t->sem_undo->undos, &u->list_link);
	return u;
}

void sem_undo_clear(struct sem_set *s, unsigned first, unsigned count)
{
	struct sem_undo *u;
	list_for_each (u, &s->undos, set_link)
		memset(&u->adjust[first], 0, count * sizeof(u->adjust[0]));
}

int sem_undo_fork(struct thread *child, bool share)
{
	struct thread *t = current;
	child->sem_undo = NULL;
	if (!share)
		return 0;
	mutex_lock(&sem_kind.lock);
	if (!t->sem_undo)
		t->sem_undo = list_create();
	child->sem_undo = t->sem_undo;
	if (child->sem_undo)
		child->sem_undo->users++;
	mutex_unlock(&sem_kind.lock);
	return child->sem_undo ? 0 : -ENOMEM;
}

/* (sem_kind.lock) */
static void apply(struct sem_undo *u)
{
	struct sem_set *s = u->set;
	for (unsigned i = 0; i < s->count; i++) {
		if (!u->adjust[i])
			continue;
		s->sems[i].value = MIN(MAX(s->sems[i].value + u->adjust[i], 0), SEMVMX);
		s->sems[i].last_pid = ipc_pid();
	}
	list_remove(&u->set_link);
	s->otime = ipc_now();
	sem_changed(s);
}

void sem_undo_exit(struct thread *t)
{
	struct sem_undo_list *l = t->sem_undo;
	if (!l)
		return;
	mutex_lock(&sem_kind.lock);
	t->sem_undo = NULL;
	if (--l->users == 0) {
		while (!list_empty(&l->undos)) {
			struct sem_undo *u = list_first(&l->undos, struct sem_undo, list_link);
			list_remove(&u->list_link);
			if (u->set)
				apply(u);
			kfree(u);
		}
		kfree(l);
	}
	mutex_unlock(&sem_kind.lock);
}
