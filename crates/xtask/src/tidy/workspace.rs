//! What cargo knows about the workspace, and the layer table of the code map.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::shell;

/// The crates of this workspace and everything they are built from.
pub(super) struct Workspace {
    pub(super) members: BTreeMap<String, Member>,
    /// Layer by crate, from `crates/README.md`.
    pub(super) layers: BTreeMap<String, u32>,
    /// Every package of the tree: name, version, licence expression.
    pub(super) packages: Vec<Package>,
}

/// A crate of ours.
#[derive(Debug, Default)]
pub(super) struct Member {
    pub(super) folder: PathBuf,
    pub(super) manifest: toml::Table,
    /// What it names itself, by kind.
    pub(super) normal: BTreeSet<String>,
    pub(super) dev: BTreeSet<String>,
    /// Everything that ends up in its library or program.
    pub(super) closure: BTreeSet<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Package {
    id: String,
    pub(super) name: String,
    pub(super) version: String,
    pub(super) license: Option<String>,
    pub(super) source: Option<String>,
    manifest_path: PathBuf,
    dependencies: Vec<Declared>,
}

#[derive(Debug, Clone, Deserialize)]
struct Declared {
    name: String,
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_members: Vec<String>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Edge>,
}

#[derive(Deserialize)]
struct Edge {
    pkg: String,
    dep_kinds: Vec<EdgeKind>,
}

#[derive(Deserialize)]
struct EdgeKind {
    kind: Option<String>,
}

impl Workspace {
    pub(super) fn read(root: &Path) -> Result<Self> {
        let host = shell::output(shell::command("rustc").args(["--print", "host-tuple"]))?;
        let text = shell::output(shell::cargo().current_dir(root).args([
            "metadata",
            "--format-version",
            "1",
            "--filter-platform",
            host.trim(),
        ]))?;
        let metadata: Metadata = serde_json::from_str(&text).context("cargo metadata could not be read")?;
        let by_id: BTreeMap<&str, &Package> =
            metadata.packages.iter().map(|package| (package.id.as_str(), package)).collect();
        let edges: BTreeMap<&str, Vec<&str>> = metadata
            .resolve
            .nodes
            .iter()
            .map(|node| {
                let normal = node
                    .deps
                    .iter()
                    .filter(|edge| edge.dep_kinds.iter().any(|kind| kind.kind.is_none()))
                    .map(|edge| edge.pkg.as_str());
                (node.id.as_str(), normal.collect())
            })
            .collect();
        let mut members = BTreeMap::new();
        for id in &metadata.workspace_members {
            let package = by_id.get(id.as_str()).with_context(|| format!("{id} is not in cargo metadata"))?;
            members.insert(package.name.clone(), member(package, &edges, &by_id)?);
        }
        let map = root.join("crates/README.md");
        let table =
            std::fs::read_to_string(&map).with_context(|| format!("{} can't be read", map.display()))?;
        let layers = layer_table(&table);
        if layers.is_empty() {
            bail!("{} has no table with the columns `L | crate | one line`", map.display());
        }
        Ok(Self { members, layers, packages: metadata.packages })
    }
}

fn member(
    package: &Package,
    edges: &BTreeMap<&str, Vec<&str>>,
    by_id: &BTreeMap<&str, &Package>,
) -> Result<Member> {
    let text = std::fs::read_to_string(&package.manifest_path)?;
    let manifest: toml::Table = toml::from_str(&text)
        .with_context(|| format!("{} can't be read", package.manifest_path.display()))?;
    let of_kind = |dev: bool| {
        package
            .dependencies
            .iter()
            .filter(|declared| (declared.kind.as_deref() == Some("dev")) == dev)
            .map(|declared| declared.name.clone())
            .collect()
    };
    let mut closure = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut next = vec![package.id.as_str()];
    while let Some(id) = next.pop() {
        for dependency in edges.get(id).into_iter().flatten() {
            if seen.insert(*dependency) {
                if let Some(package) = by_id.get(dependency) {
                    closure.insert(package.name.clone());
                }
                next.push(dependency);
            }
        }
    }
    let folder = package.manifest_path.parent().map(Path::to_path_buf).unwrap_or_default();
    Ok(Member { folder, manifest, normal: of_kind(false), dev: of_kind(true), closure })
}

/// Reads rows like ``| 2 | `livos-store` | … |``.
pub(super) fn layer_table(markdown: &str) -> BTreeMap<String, u32> {
    markdown
        .lines()
        .filter_map(|line| {
            let mut cells = line.trim().strip_prefix('|')?.split('|').map(str::trim);
            let layer = cells.next()?.parse().ok()?;
            let name = cells.next()?.trim_matches('`');
            Some((name.to_owned(), layer))
        })
        .collect()
}
