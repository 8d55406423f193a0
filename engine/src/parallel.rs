//! The same work on many things, on all processors. The results do not show how many there are.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{Builder, ScopedJoinHandle, available_parallelism, scope};

/// As much as the first thread has, on which everything else runs: what is nested deeply goes as
/// deep here as there.
const STACK: usize = 8 << 20;

/// How many threads can run at the same time.
pub fn width() -> usize {
    available_parallelism().map_or(1, NonZero::get)
}

/// What `work` makes of each thing, in the order of the things.
///
/// Where no further thread can be started, the calling one does everything.
pub fn map<T: Sync, R: Send>(things: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let helpers = width().min(things.len()).saturating_sub(1);
    if helpers == 0 {
        return things.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let share = || {
        let mine = std::iter::from_fn(|| {
            let index = next.fetch_add(1, Ordering::Relaxed);
            things.get(index).map(|thing| (index, work(thing)))
        });
        mine.collect::<Vec<_>>()
    };
    let mut done = scope(|scope| {
        let start = |_| Builder::new().stack_size(STACK).spawn_scoped(scope, share).ok();
        let running: Vec<_> = (0..helpers).filter_map(start).collect();
        let mut done = share();
        done.extend(running.into_iter().flat_map(joined));
        done
    });
    done.sort_unstable_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

/// What two pieces of work make, of which one is done beside the other where it can be.
pub fn both<A: Send, B>(aside: impl Fn() -> A + Sync, here: impl FnOnce() -> B) -> (A, B) {
    scope(|scope| {
        let start = || Builder::new().stack_size(STACK).spawn_scoped(scope, &aside).ok();
        let running = (width() > 1).then(start).flatten();
        let here = here();
        (running.map_or_else(&aside, joined), here)
    })
}

fn joined<R>(thread: ScopedJoinHandle<'_, R>) -> R {
    thread.join().unwrap_or_else(|panic| resume_unwind(panic))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_the_order_of_the_things() {
        for count in [0, 1, 2, 1000] {
            let things: Vec<usize> = (0..count).collect();
            let doubled: Vec<usize> = things.iter().map(|n| n * 2).collect();
            assert_eq!(map(&things, |n| n * 2), doubled);
        }
    }

    #[test]
    fn both_results_are_there() {
        assert_eq!(both(|| 1, || "here"), (1, "here"));
    }
}
