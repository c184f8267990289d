/* A circular doubly linked list whose links sit inside the elements. The caller holds whatever lock
 * guards it. */
#pragma once

#include "base.h"

struct list {
	struct list *next, *prev;
};

#define LIST_INIT(name) {&(name), &(name)}

static inline void list_init(struct list *l)
{
	l->next = l->prev = l;
}

static inline bool list_empty(const struct list *l)
{
	return l->next == l;
}

static inline void list_insert_between(struct list *l, struct list *prev, struct list *next)
{
	next->prev = l;
	l->next = next;
	l->prev = prev;
	prev->next = l;
}

/* Puts `l` first. */
static inline void list_add(struct list *head, struct list *l)
{
	list_insert_between(l, head, head->next);
}

/* Puts `l` last. */
static inline void list_append(struct list *head, struct list *l)
{
	list_insert_between(l, head->prev, head);
}

/* Takes `l` out of its list and leaves it an empty list of its own, so that removing twice does no
 * harm. */
static inline void list_remove(struct list *l)
{
	l->next->prev = l->prev;
	l->prev->next = l->next;
	list_init(l);
}

/* Moves all of `from` to the end of `to`. */
static inline void list_splice(struct list *to, struct list *from)
{
	if (list_empty(from))
		return;
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	list_init(from);
}

#define list_entry(l, type, member)    container_of(l, type, member)
#define list_first(head, type, member) list_entry((head)->next, type, member)
#define list_last(head, type, member)  list_entry((head)->prev, type, member)

#define list_for_each(pos, head, member)                                                           \
	for (pos = list_first(head, __typeof__(*pos), member); &pos->member != (head);             \
	    pos = list_entry(pos->member.next, __typeof__(*pos), member))

/* The same, when the body may remove `pos`. */
#define list_for_each_safe(pos, tmp, head, member)                                                 \
	for (pos = list_first(head, __typeof__(*pos), member),                                     \
	    tmp = list_entry(pos->member.next, __typeof__(*pos), member);                          \
	    &pos->member != (head);                                                                \
	    pos = tmp, tmp = list_entry(tmp->member.next, __typeof__(*tmp), member))
