//! The pool against a source that counts.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use proptest::prelude::*;

use super::*;

const CAPACITY: usize = 1 << 20;

/// Every block that lives, by its number.
type Live = Rc<RefCell<BTreeMap<u64, usize>>>;

/// A device of a fixed size.
#[derive(Default)]
struct Fake {
    live: Live,
    next: RefCell<u64>,
}

struct FakeBlock {
    live: Live,
    number: u64,
}

impl Drop for FakeBlock {
    fn drop(&mut self) {
        assert!(self.live.borrow_mut().remove(&self.number).is_some());
    }
}

impl Fake {
    fn used(&self) -> usize {
        self.live.borrow().values().sum()
    }
}

impl Source for Fake {
    type Block = FakeBlock;
    type Error = String;

    fn allocate(&self, bytes: usize) -> Result<FakeBlock, Refusal<String>> {
        if bytes == 666 {
            return Err(Refusal::Other("device lost".into()));
        }
        if self.used() + bytes > CAPACITY {
            return Err(Refusal::OutOfMemory);
        }
        let number = *self.next.borrow();
        *self.next.borrow_mut() += 1;
        self.live.borrow_mut().insert(number, bytes);
        Ok(FakeBlock {
            live: Rc::clone(&self.live),
            number,
        })
    }

    fn settle(&self) -> Result<(), String> {
        Ok(())
    }
}

fn number(lease: &Lease<Fake>) -> u64 {
    lease.block().unwrap().number
}

#[test]
fn a_block_let_go_of_serves_again() {
    let pool = Pool::new(Fake::default(), Policy::Cached);
    let first = number(&pool.lease(1000).unwrap());
    let again = pool.lease(900).unwrap();
    assert_eq!(number(&again), first);
    assert_eq!(again.size(), 1024);
    let statistics = pool.statistics();
    assert_eq!((statistics.allocations, statistics.reuses), (1, 1));
    assert_eq!((statistics.in_use, statistics.cached), (1024, 0));
}

#[test]
fn a_much_larger_block_is_not_wasted_on_a_small_tensor() {
    let pool = Pool::new(Fake::default(), Policy::Cached);
    drop(pool.lease(100_000).unwrap());
    drop(pool.lease(1000).unwrap());
    assert_eq!(pool.statistics().reuses, 0);
}

#[test]
fn what_is_kept_makes_room_when_memory_lacks() {
    let pool = Pool::new(Fake::default(), Policy::Cached);
    drop(pool.lease(CAPACITY / 2).unwrap());
    let all = pool.lease(CAPACITY).unwrap();
    assert_eq!(all.size(), CAPACITY);
    assert_eq!(pool.statistics().cached, 0);
}

#[test]
fn more_than_the_device_has_is_an_error_after_which_the_pool_works() {
    let pool = Pool::new(Fake::default(), Policy::Cached);
    let held = pool.lease(4096).unwrap();
    for bytes in [CAPACITY, usize::MAX] {
        let refused = pool.lease(bytes);
        assert!(matches!(refused, Err(PoolError::OutOfMemory(s)) if s.in_use == 4096));
    }
    drop(held);
    assert!(pool.lease(CAPACITY).is_ok());
}

#[test]
fn a_failing_source_is_not_called_out_of_memory() {
    let pool = Pool::new(Fake::default(), Policy::Exact);
    assert!(matches!(pool.lease(666), Err(PoolError::Source(_))));
}

#[test]
fn exact_blocks_have_the_size_asked_for_and_are_not_kept() {
    let pool = Pool::new(Fake::default(), Policy::Exact);
    let lease = pool.lease(1001).unwrap();
    assert_eq!(lease.size(), 1001);
    drop(lease);
    assert_eq!(pool.source().used(), 0);
}

#[test]
fn what_a_graph_may_use_serves_nothing_else() {
    for policy in [Policy::Cached, Policy::Exact] {
        let pool = Pool::new(Fake::default(), policy);
        let weights = pool.lease(1024).unwrap();
        assert!(pool.begin_capture());
        assert!(!pool.begin_capture(), "one at a time");
        let temporary = pool.lease(1024).unwrap();
        let reused = number(&temporary);
        drop(temporary);
        let result = pool.lease(1024).unwrap();
        assert_eq!(
            number(&result),
            reused,
            "the capture's own memory serves it again"
        );
        drop(pool.lease(4096).unwrap());
        let graph = pool.end_capture();
        let numbers = [number(&weights), number(&result)];
        drop((weights, result));
        assert_eq!(pool.statistics().in_use, 0);
        assert_eq!(pool.statistics().reserved, pool.source().used());
        assert!(pool.trim().is_ok());
        let later = pool.lease(1024).unwrap();
        assert!(!numbers.contains(&number(&later)));
        assert_eq!(pool.source().used(), 7168);
        drop(graph);
        assert_eq!(pool.statistics().reserved, 0);
        drop(later);
        assert!(pool.trim().is_ok());
        assert_eq!(pool.source().used(), 0);
    }
}

#[test]
fn what_two_graphs_may_use_is_kept_for_the_last() {
    let pool = Pool::new(Fake::default(), Policy::Cached);
    let shared = pool.lease(1024).unwrap();
    pool.begin_capture();
    let first = pool.end_capture();
    pool.begin_capture();
    drop(shared);
    let other = pool.lease(1024).unwrap();
    let second = pool.end_capture();
    assert_eq!(pool.source().used(), 2048, "not what the first graph uses");
    // What the first kept is still the second's.
    drop((other, first));
    assert_eq!(pool.statistics().reserved, 2048);
    drop(second);
    assert_eq!(
        (pool.statistics().reserved, pool.statistics().cached),
        (0, 2048)
    );
}

#[derive(Debug, Clone)]
enum Step {
    Lease(usize),
    Drop(usize),
    Trim,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0usize..200_000).prop_map(Step::Lease),
        5 => (0usize..16).prop_map(Step::Drop),
        1 => Just(Step::Trim),
    ];
    prop::collection::vec(step, 0..120)
}

proptest! {
    #[test]
    fn the_books_balance(steps in steps(), exact in any::<bool>()) {
        let policy = if exact { Policy::Exact } else { Policy::Cached };
        let pool = Pool::new(Fake::default(), policy);
        let mut held: Vec<Lease<Fake>> = Vec::new();
        for step in steps {
            match step {
                Step::Lease(666) => {}
                Step::Lease(bytes) => match pool.lease(bytes) {
                    Ok(lease) => {
                        prop_assert!(lease.size() >= bytes);
                        prop_assert!(held.iter().all(|h| number(h) != number(&lease)));
                        held.push(lease);
                    }
                    Err(PoolError::OutOfMemory(found)) => {
                        let wanted = policy.block_size(bytes).unwrap();
                        prop_assert!(found.in_use + wanted > CAPACITY);
                        prop_assert_eq!(found.cached, 0);
                    }
                    Err(PoolError::Source(error)) => prop_assert!(false, "{}", error),
                },
                Step::Drop(at) if at < held.len() => drop(held.swap_remove(at)),
                Step::Drop(_) => {}
                Step::Trim => drop(pool.trim()),
            }
            let statistics = pool.statistics();
            let in_use: usize = held.iter().map(Lease::size).sum();
            prop_assert_eq!(statistics.in_use, in_use);
            prop_assert_eq!(statistics.in_use + statistics.cached, pool.source().used());
            prop_assert!(statistics.peak >= statistics.in_use);
        }
        drop(held);
        prop_assert!(pool.trim().is_ok());
        prop_assert_eq!(pool.source().used(), 0);
    }
}
