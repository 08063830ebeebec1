//! Serving core without GPU: queue, jobs, cancellation, server-sent events.
