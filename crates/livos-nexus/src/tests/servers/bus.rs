//! Other servers over D-Bus: for those who run this one, and spoken for by the edge and the administrator alone.

use livos_bus::tool_servers::{ServerToolRequest, ServersImported, ToolServersReply};
use livos_bus::{Caller, ErrorKind, ToolServersProxy};

use super::super::bus::Served;
use super::*;

fn settle() -> ServerToolRequest {
    let (server, tool) = ("notes".to_owned(), "search".to_owned());
    ServerToolRequest { server, tool, digest: String::new(), how: "off".to_owned() }
}

/// What everything answers this person.
async fn all(servers: &ToolServersProxy<'_>, me: &Actor) -> Vec<Option<ErrorKind>> {
    let config = ProviderKey("{}".to_owned());
    let errors = [
        servers.list(me).await.err(),
        servers.save(me, &request("notes", URL, "")).await.err(),
        servers.look(me, "notes").await.err(),
        servers.switch(me, "notes", true).await.err(),
        servers.set_tool(me, &settle()).await.err(),
        servers.remove(me, "notes").await.err(),
        servers.export(me).await.err(),
        servers.import(me, &config, &[]).await.err(),
        servers.search(me, "notes", "").await.err(),
    ];
    errors.into_iter().map(|error| error.map(|error| error.kind)).collect()
}

#[tokio::test]
async fn those_who_run_the_server_manage_them_and_nobody_else() {
    let server = server().await;
    let served = Served::to(Caller::Web, Vec::new()).await;
    reach(&served.life, server.address);
    let servers = ToolServersProxy::new(&served.client).await.unwrap();
    for denied in all(&servers, &member()).await {
        assert_eq!(denied, Some(ErrorKind::Denied));
    }
    servers.save(&owner(), &request("notes", URL, "")).await.unwrap();
    servers.look(&owner(), "notes").await.unwrap();
    servers.switch(&owner(), "notes", false).await.unwrap();
    servers.set_tool(&owner(), &settle()).await.unwrap();
    let list: ToolServersReply = servers.list(&owner()).await.unwrap().parse().unwrap();
    assert_eq!((list.servers[0].on, list.servers[0].tools[0].state.as_str()), (false, "off"));
    let file: Value = servers.export(&owner()).await.unwrap().parse().unwrap();
    let file = ProviderKey(file.to_string());
    let came: ServersImported = servers.import(&owner(), &file, &[]).await.unwrap().parse().unwrap();
    assert_eq!(came.kept, ["notes"]);
    servers.remove(&owner(), "notes").await.unwrap();
    assert_eq!(servers.look(&owner(), "notes").await.unwrap_err().kind, ErrorKind::NotFound);
}

#[tokio::test]
async fn nobody_else_may_speak_for_those_who_do() {
    for caller in [Caller::Apps, Caller::Files, Caller::Host, Caller::Nexus, Caller::Stranger] {
        let served = Served::to(caller, Vec::new()).await;
        let servers = ToolServersProxy::new(&served.client).await.unwrap();
        for denied in all(&servers, &owner()).await {
            assert_eq!(denied, Some(ErrorKind::Denied), "{caller:?}");
        }
    }
}
