//! Serves routes on a socket until told to stop, then ends in order.

use std::future::{Future, IntoFuture};
use std::io;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use crate::queue::Queue;

/// How a server ends.
#[derive(Debug, Clone, Copy)]
pub struct ServeOptions {
    /// How long the job that runs may go on before it is cancelled.
    pub grace: Duration,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self {
            grace: Duration::from_secs(5),
        }
    }
}

/// After cancelling, a step that hangs, or a client that does not read, must not keep the server.
const LAST_CALL: Duration = Duration::from_secs(10);

/// How often to look whether the engine's thread has ended.
const POLL: Duration = Duration::from_millis(10);

/// Serves until `shutdown` completes; then takes no new connections and no new jobs, lets the job
/// that runs go on for the grace period, cancels it, and returns when every answer is out.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    queue: Queue,
    shutdown: impl Future<Output = ()> + Send + 'static,
    options: ServeOptions,
) -> io::Result<()> {
    let (tell, told) = watch::channel(false);
    let mut stop = told.clone();
    let server = axum::serve(listener, router).with_graceful_shutdown(async move {
        let _ = stop.wait_for(|stop| *stop).await;
    });
    let ending = async {
        shutdown.await;
        queue.close();
        let _ = tell.send(true);
        end(&queue, options.grace).await;
        // Answers are small and go out at once: whoever has not taken his by then has gone.
        sleep(LAST_CALL).await;
    };
    tokio::select! {
        result = server.into_future() => result?,
        () = ending => {}
    }
    end(&queue, Duration::ZERO).await;
    Ok(())
}

/// Waits for the engine's thread, and cancels what it runs when the grace period is over.
async fn end(queue: &Queue, grace: Duration) {
    queue.close();
    let until = Instant::now() + grace;
    tokio::select! {
        () = finished(queue) => return,
        () = sleep_until(until) => queue.cancel_running(),
    }
    tokio::select! {
        () = finished(queue) => {}
        () = sleep(LAST_CALL) => {}
    }
}

async fn finished(queue: &Queue) {
    while !queue.is_finished() {
        sleep(POLL).await;
    }
}
