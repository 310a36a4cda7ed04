//! The part of Caddy's configuration that we use, as types.
//!
//! They refuse what they don't know, so a slip in a template is found here and not by Caddy, which ignores
//! unknown fields in some places.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Document {
    /// Not optional: see the template.
    admin: Admin,
    logging: Logging,
    storage: Storage,
    apps: Apps,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Admin {
    listen: String,
    origins: Vec<String>,
    config: AdminConfig,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AdminConfig {
    persist: bool,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Logging {
    logs: BTreeMap<String, Log>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Log {
    level: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    include: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encoder: Option<Encoder>,
    #[serde(skip_serializing_if = "Option::is_none")]
    writer: Option<Writer>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Encoder {
    format: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Writer {
    output: String,
    filename: String,
    roll_size_mb: u32,
    roll_keep: u32,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Storage {
    module: String,
    root: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Apps {
    #[serde(skip_serializing_if = "Option::is_none")]
    pki: Option<Pki>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tls: Option<TlsApp>,
    http: Http,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pki {
    certificate_authorities: BTreeMap<String, Authority>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Authority {
    name: String,
    root_common_name: String,
    intermediate_common_name: String,
    /// Never: what this machine trusts is its owner's business, and Caddy would ask `sudo`.
    install_trust: bool,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TlsApp {
    certificates: Certificates,
    automation: Automation,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Certificates {
    automate: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Automation {
    policies: Vec<Policy>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Policy {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    subjects: Vec<String>,
    issuers: Vec<Issuer>,
    #[serde(default, skip_serializing_if = "is_false")]
    on_demand: bool,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "module", rename_all = "snake_case", deny_unknown_fields)]
enum Issuer {
    Internal {},
    Acme {
        #[serde(skip_serializing_if = "Option::is_none")]
        ca: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        email: Option<String>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        trusted_roots_pem_files: Vec<String>,
    },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConnectionPolicy {
    #[serde(rename = "match")]
    matcher: NameMatcher,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NameMatcher {
    sni: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Http {
    http_port: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    https_port: Option<u16>,
    servers: BTreeMap<String, Server>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Server {
    listen: Vec<String>,
    automatic_https: AutomaticHttps,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    protocols: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tls_connection_policies: Vec<ConnectionPolicy>,
    read_header_timeout: String,
    routes: Vec<Route>,
    errors: Errors,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AutomaticHttps {
    disable: bool,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Errors {
    routes: Vec<Route>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Route {
    #[serde(rename = "match", default, skip_serializing_if = "Vec::is_empty")]
    matchers: Vec<Matcher>,
    #[serde(default, skip_serializing_if = "is_false")]
    terminal: bool,
    handle: Vec<Handler>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Matcher {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    host: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    path: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not: Vec<Self>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    header_regexp: BTreeMap<String, Pattern>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pattern {
    pattern: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "handler", rename_all = "snake_case", deny_unknown_fields)]
enum Handler {
    Subroute {
        routes: Vec<Route>,
    },
    /// Does nothing, which is what has to be done where Caddy wants a route.
    Vars {},
    Headers {
        #[serde(skip_serializing_if = "Option::is_none")]
        request: Option<HeaderChanges>,
        #[serde(skip_serializing_if = "Option::is_none")]
        response: Option<ResponseChanges>,
    },
    StaticResponse {
        status_code: String,
        headers: BTreeMap<String, Vec<String>>,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        body: String,
    },
    ReverseProxy(Box<ReverseProxy>),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReverseProxy {
    upstreams: Vec<Upstream>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transport: Option<Transport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    load_balancing: Option<LoadBalancing>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rewrite: Option<Rewrite>,
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<ProxyHeaders>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    handle_response: Vec<ResponseHandler>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Upstream {
    dial: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Transport {
    protocol: String,
    tls: Tls,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tls {
    insecure_skip_verify: bool,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LoadBalancing {
    try_duration: String,
    try_interval: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rewrite {
    method: String,
    uri: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProxyHeaders {
    request: HeaderChanges,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HeaderChanges {
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    set: BTreeMap<String, Vec<String>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    delete: Vec<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    replace: BTreeMap<String, Vec<Replacement>>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ResponseChanges {
    delete: Vec<String>,
    replace: BTreeMap<String, Vec<Replacement>>,
    /// When the answer is there, not before it is asked for.
    deferred: bool,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Replacement {
    search_regexp: String,
    replace: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ResponseHandler {
    #[serde(rename = "match")]
    matcher: ResponseMatcher,
    routes: Vec<Route>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ResponseMatcher {
    status_code: Vec<u16>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<String, Vec<String>>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_false(value: &bool) -> bool {
    !*value
}
