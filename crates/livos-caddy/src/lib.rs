//! Routes and domains to Caddy JSON; pure.
