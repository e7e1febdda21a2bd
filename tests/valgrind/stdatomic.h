/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stdatomic.h - atomics that helgrind and drd understand
 *
 * To valgrind an atomic load or store of x86 is like any other, so it would
 * report each, and all that was handed over by it. In the build of `check
 * valgrind` this stands before the compiler's header, and says what each
 * operation orders: a release comes before the acquires that follow it. One
 * that is relaxed orders nothing, so that what relies on it is reported.
 */
#ifndef VALGRIND_STDATOMIC_H
#define VALGRIND_STDATOMIC_H

#include_next <stdatomic.h>

#include <stdbool.h>
#include <stddef.h>
#include <valgrind/helgrind.h>

#undef ANNOTATE_HAPPENS_AFTER
#undef ANNOTATE_HAPPENS_BEFORE
#include <valgrind/drd.h>

static inline bool
atomics_acquire(int order)
{
	return order != memory_order_relaxed && order != memory_order_release;
}

static inline bool
atomics_release(int order)
{
	return order != memory_order_relaxed && order != memory_order_acquire &&
	    order != memory_order_consume;
}

/* The word itself is not looked at any more. */
static inline void
atomics_before(const volatile void *at, size_t n, int order)
{
	VALGRIND_HG_DISABLE_CHECKING(at, n);
	VALGRIND_DO_CLIENT_REQUEST_STMT(
	    VG_USERREQ__DRD_START_SUPPRESSION, at, n, 0, 0, 0);
	if (!atomics_release(order))
		return;
	VALGRIND_DO_CLIENT_REQUEST_STMT(
	    _VG_USERREQ__HG_USERSO_SEND_PRE, at, 0, 0, 0, 0);
	VALGRIND_DO_CLIENT_REQUEST_STMT(
	    VG_USERREQ__DRD_ANNOTATE_HAPPENS_BEFORE, at, 0, 0, 0, 0);
}

static inline void
atomics_after(const volatile void *at, int order)
{
	if (!atomics_acquire(order))
		return;
	VALGRIND_DO_CLIENT_REQUEST_STMT(
	    _VG_USERREQ__HG_USERSO_RECV_POST, at, 0, 0, 0, 0);
	VALGRIND_DO_CLIENT_REQUEST_STMT(
	    VG_USERREQ__DRD_ANNOTATE_HAPPENS_AFTER, at, 0, 0, 0, 0);
}

#undef atomic_load_explicit
#define atomic_load_explicit(from, order)                                \
	({                                                               \
		__auto_type at_ = (from);                                \
		__typeof__((void)0, *at_) value_;                        \
		atomics_before(at_, sizeof(*at_), memory_order_relaxed); \
		__atomic_load(at_, &value_, (order));                    \
		atomics_after(at_, (order));                             \
		value_;                                                  \
	})

#undef atomic_store_explicit
#define atomic_store_explicit(to, value, order)             \
	({                                                  \
		__auto_type at_ = (to);                     \
		__typeof__((void)0, *at_) value_ = (value); \
		atomics_before(at_, sizeof(*at_), (order)); \
		__atomic_store(at_, &value_, (order));      \
	})

#undef atomic_exchange_explicit
#define atomic_exchange_explicit(to, value, order)                \
	({                                                        \
		__auto_type at_ = (to);                           \
		__typeof__((void)0, *at_) value_ = (value), was_; \
		atomics_before(at_, sizeof(*at_), (order));       \
		__atomic_exchange(at_, &value_, &was_, (order));  \
		atomics_after(at_, (order));                      \
		was_;                                             \
	})

#define ATOMICS_CHANGE(function, to, value, order)          \
	({                                                  \
		__auto_type at_ = (to);                     \
		__typeof__((void)0, *at_) was_;             \
		atomics_before(at_, sizeof(*at_), (order)); \
		was_ = function(at_, (value), (order));     \
		atomics_after(at_, (order));                \
		was_;                                       \
	})

#undef atomic_fetch_add_explicit
#define atomic_fetch_add_explicit(to, value, order) \
	ATOMICS_CHANGE(__atomic_fetch_add, to, value, order)
#undef atomic_fetch_sub_explicit
#define atomic_fetch_sub_explicit(to, value, order) \
	ATOMICS_CHANGE(__atomic_fetch_sub, to, value, order)

#define ATOMICS_COMPARE(to, expected, value, weak, good, bad)       \
	({                                                          \
		__auto_type at_ = (to);                             \
		__typeof__((void)0, *at_) value_ = (value);         \
		bool done_;                                         \
		atomics_before(at_, sizeof(*at_), (good));          \
		done_ = __atomic_compare_exchange(                  \
		    at_, (expected), &value_, weak, (good), (bad)); \
		atomics_after(at_, done_ ? (good) : (bad));         \
		done_;                                              \
	})

#undef atomic_compare_exchange_weak_explicit
#define atomic_compare_exchange_weak_explicit(to, expected, value, good, bad) \
	ATOMICS_COMPARE(to, expected, value, true, good, bad)
#undef atomic_compare_exchange_strong
#define atomic_compare_exchange_strong(to, expected, value)               \
	ATOMICS_COMPARE(to, expected, value, false, memory_order_seq_cst, \
	    memory_order_seq_cst)

#undef atomic_load
#define atomic_load(from) atomic_load_explicit(from, memory_order_seq_cst)
#undef atomic_store
#define atomic_store(to, value) \
	atomic_store_explicit(to, value, memory_order_seq_cst)
#undef atomic_exchange
#define atomic_exchange(to, value) \
	atomic_exchange_explicit(to, value, memory_order_seq_cst)
#undef atomic_fetch_add
#define atomic_fetch_add(to, value) \
	atomic_fetch_add_explicit(to, value, memory_order_seq_cst)
#undef atomic_fetch_sub
#define atomic_fetch_sub(to, value) \
	atomic_fetch_sub_explicit(to, value, memory_order_seq_cst)

#endif
