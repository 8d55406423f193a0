//! ^C and SIGTERM: the first asks to finish what is in flight, the second to leave at once.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Tells of interrupts until the receivers are gone. `told` is called after each, with how many
/// there have been.
///
/// # Errors
/// Fails where the system lets nobody listen.
pub fn listen<T: Send + Sync + 'static>(
    sender: watch::Sender<T>,
    finish: T,
    abort: T,
    told: impl Fn(usize) + Send + 'static,
) -> std::io::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::spawn(async move {
        for (count, what) in [finish, abort].into_iter().enumerate() {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
                () = sender.closed() => return,
            }
            told(count + 1);
            sender.send_replace(what);
        }
    });
    Ok(())
}
