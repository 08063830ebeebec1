//! Serves routes on a socket until told to stop, then ends in order.

use std::future::{Future, IntoFuture};
use std::io;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::routes::router;
use crate::service::Service;

/// How long errors have to go out, once searches are called off.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// How a server ends.
#[derive(Debug, Clone, Copy)]
pub struct ServeOptions {
    /// How long requests that were taken may go on before their searches are called off.
    pub grace: Duration,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self {
            grace: Duration::from_secs(5),
        }
    }
}

/// Serves until `shutdown` completes; then takes no new connections and returns when every answer is
/// out. After the grace period searches are called off, and answered by an error; changes are made. The
/// service is the caller's to close.
///
/// # Errors
/// Where the system refuses.
pub async fn serve(
    listener: TcpListener,
    service: Service,
    shutdown: impl Future<Output = ()> + Send + 'static,
    options: ServeOptions,
) -> io::Result<()> {
    let router = router(service.clone());
    let (tell, told) = watch::channel(false);
    let mut stop = told;
    let server = axum::serve(listener, router).with_graceful_shutdown(async move {
        let _ = stop.wait_for(|stop| *stop).await;
    });
    let ending = async {
        shutdown.await;
        let _ = tell.send(true);
        tokio::time::sleep(options.grace).await;
        service.cancel();
        tokio::time::sleep(LAST_WORDS).await;
    };
    tokio::select! {
        result = server.into_future() => result,
        () = ending => Ok(()),
    }
}
