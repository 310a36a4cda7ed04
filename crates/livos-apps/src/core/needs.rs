//! Which apps an app needs, what there is to satisfy that, and in which order.

use std::collections::{HashMap, HashSet};

/// How deep apps may need apps that need apps.
const DEEPEST: usize = 16;

/// An app of a store, as far as others may need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) store: String,
    pub(crate) id: String,
    pub(crate) name: String,
    /// It can run here once what it needs is there.
    pub(crate) installable: bool,
    pub(crate) dependencies: Vec<String>,
    pub(crate) implements: Vec<String>,
}

/// How it stands with an app that is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Installed,
    Installing,
    Available,
    Unsupported,
    Missing,
    Circular,
}

impl State {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Installed => "installed",
            Self::Installing => "installing",
            Self::Available => "available",
            Self::Unsupported => "unsupported",
            Self::Missing => "missing",
            Self::Circular => "circular",
        }
    }
}

/// An app that is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Need {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) state: State,
    /// What can be installed for it: places in the list of offers, the closest first.
    pub(crate) choices: Vec<usize>,
}

/// What is there already, by the id that is asked for: its name, and whether it is installed or on its way.
pub(crate) type Present = HashMap<String, (String, State)>;

/// What the stores offer.
#[derive(Debug)]
pub(crate) struct Offers {
    pub(crate) list: Vec<Offer>,
    /// Who can serve as an app of this id.
    by_id: HashMap<String, Vec<usize>>,
}

impl Offers {
    pub(crate) fn new(list: Vec<Offer>) -> Self {
        let mut by_id: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, offer) in list.iter().enumerate() {
            by_id.entry(offer.id.clone()).or_default().push(at);
            for other in offer.implements.iter().filter(|other| **other != offer.id) {
                by_id.entry(other.clone()).or_default().push(at);
            }
        }
        Self { list, by_id }
    }

    /// Which of the offers can be installed, with all that each of them needs.
    ///
    /// From below: first those that need nothing, then those that need only these. What needs itself never gets
    /// in, and no store can make this take long.
    pub(crate) fn possible(&self, present: &Present) -> Vec<bool> {
        let mut possible = vec![false; self.list.len()];
        for _ in 0..DEEPEST {
            let mut more = false;
            for (at, offer) in self.list.iter().enumerate() {
                if possible[at] || !offer.installable {
                    continue;
                }
                possible[at] = offer.dependencies.iter().all(|id| {
                    present.contains_key(id)
                        || self.by_id.get(id).is_some_and(|who| who.iter().any(|who| possible[*who]))
                });
                more |= possible[at];
            }
            if !more {
                break;
            }
        }
        possible
    }

    /// Everything that `dependencies` come to, each after what it needs itself; `near` is the store whose offers
    /// are preferred, `who` the app that needs them.
    pub(crate) fn needs(
        &self,
        who: &str,
        dependencies: &[String],
        near: &str,
        present: &Present,
    ) -> Vec<Need> {
        let possible = self.possible(present);
        let mut walk =
            Walk { offers: self, present, possible, near, seen: HashSet::new(), path: vec![who.to_owned()] };
        let mut needs = Vec::new();
        walk.add(dependencies, &mut needs);
        needs
    }
}

struct Walk<'a> {
    offers: &'a Offers,
    present: &'a Present,
    possible: Vec<bool>,
    near: &'a str,
    seen: HashSet<String>,
    path: Vec<String>,
}

impl Walk<'_> {
    fn add(&mut self, dependencies: &[String], needs: &mut Vec<Need>) {
        for id in dependencies {
            let need =
                |name: &str, state, choices| Need { id: id.clone(), name: name.to_owned(), state, choices };
            if self.path.contains(id) {
                needs.push(need(id, State::Circular, Vec::new()));
                continue;
            }
            if self.path.len() > DEEPEST {
                needs.push(need(id, State::Unsupported, Vec::new()));
                continue;
            }
            if !self.seen.insert(id.clone()) {
                continue;
            }
            if let Some((name, state)) = self.present.get(id) {
                needs.push(need(name, *state, Vec::new()));
                continue;
            }
            let mut who = self.offers.by_id.get(id).cloned().unwrap_or_default();
            who.sort_by_key(|at| {
                let offer = &self.offers.list[*at];
                (!self.possible[*at], offer.id != *id, offer.store != self.near, *at)
            });
            let Some(first) = who.first().copied() else {
                needs.push(need(id, State::Missing, Vec::new()));
                continue;
            };
            let offer = &self.offers.list[first];
            self.path.push(id.clone());
            self.add(&offer.dependencies.clone(), needs);
            self.path.pop();
            let state = if self.possible[first] { State::Available } else { State::Unsupported };
            who.retain(|at| self.possible[*at]);
            needs.push(need(&offer.name, state, who));
        }
    }
}

/// Puts apps in an order in which each comes after those it needs. What needs itself keeps its place.
pub(crate) fn in_order<T>(apps: &[T], id: impl Fn(&T) -> &str, needs: impl Fn(&T) -> Vec<String>) -> Vec<&T> {
    fn visit<'a, T>(
        at: usize,
        apps: &'a [T],
        before: &[Vec<usize>],
        seen: &mut Vec<bool>,
        out: &mut Vec<&'a T>,
    ) {
        if std::mem::replace(&mut seen[at], true) {
            return;
        }
        for earlier in &before[at] {
            visit(*earlier, apps, before, seen, out);
        }
        out.push(&apps[at]);
    }
    let before: Vec<Vec<usize>> = apps
        .iter()
        .map(|app| {
            let needed = needs(app);
            (0..apps.len()).filter(|at| needed.iter().any(|need| need == id(&apps[*at]))).collect()
        })
        .collect();
    let (mut seen, mut out) = (vec![false; apps.len()], Vec::new());
    for at in 0..apps.len() {
        visit(at, apps, &before, &mut seen, &mut out);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(id: &str, dependencies: &[&str], implements: &[&str]) -> Offer {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Offer {
            store: "store".to_owned(),
            id: id.to_owned(),
            name: id.to_uppercase(),
            installable: !id.starts_with('-'),
            dependencies: texts(dependencies),
            implements: texts(implements),
        }
    }

    fn check(offers: Vec<Offer>, present: &[&str], of: &str, wanted: &[(&str, &str)]) {
        let offers = Offers::new(offers);
        let present = present
            .iter()
            .map(|id| ((*id).to_owned(), (id.to_uppercase(), State::Installed)))
            .collect::<Present>();
        let at = offers.list.iter().position(|offer| offer.id == of).unwrap();
        let needs = offers.needs(of, &offers.list[at].dependencies, "store", &present);
        let told: Vec<_> = needs.iter().map(|need| (need.id.as_str(), need.state.as_str())).collect();
        assert_eq!(told, wanted);
        let all = wanted.iter().all(|(_, state)| matches!(*state, "installed" | "installing" | "available"));
        assert_eq!(offers.possible(&present)[at], all, "{of}");
    }

    #[test]
    fn what_is_needed_comes_in_an_order_in_which_it_can_be_installed() {
        let chain =
            || vec![offer("web", &["mid", "low"], &[]), offer("mid", &["low"], &[]), offer("low", &[], &[])];
        check(chain(), &[], "web", &[("low", "available"), ("mid", "available")]);
        check(chain(), &["low"], "web", &[("low", "installed"), ("mid", "available")]);
        check(chain(), &["mid", "low"], "web", &[("mid", "installed"), ("low", "installed")]);
        check(chain(), &[], "low", &[]);
    }

    #[test]
    fn what_cannot_be_had_is_named() {
        check(vec![offer("web", &["gone"], &[])], &[], "web", &[("gone", "missing")]);
        let odd = vec![offer("web", &["-odd"], &[]), offer("-odd", &[], &[])];
        check(odd, &[], "web", &[("-odd", "unsupported")]);
        let deep = vec![offer("web", &["mid"], &[]), offer("mid", &["gone"], &[])];
        check(deep, &[], "web", &[("gone", "missing"), ("mid", "unsupported")]);
    }

    #[test]
    fn a_circle_is_refused_wherever_it_is_entered() {
        let circle = || {
            vec![
                offer("a", &["b"], &[]),
                offer("b", &["a"], &[]),
                offer("c", &["c"], &[]),
                offer("d", &["a"], &[]),
            ]
        };
        check(circle(), &[], "a", &[("a", "circular"), ("b", "unsupported")]);
        check(circle(), &[], "c", &[("c", "circular")]);
        check(circle(), &[], "d", &[("a", "circular"), ("b", "unsupported"), ("a", "unsupported")]);
        // One of them is there, however it came to be.
        check(circle(), &["b"], "a", &[("b", "installed")]);
    }

    #[test]
    fn another_app_can_serve_in_its_place() {
        let two =
            || vec![offer("web", &["index"], &[]), offer("other", &[], &["index"]), offer("index", &[], &[])];
        check(two(), &["index"], "web", &[("index", "installed")]);
        let offers = Offers::new(two());
        let needs = offers.needs("web", &["index".to_owned()], "store", &Present::new());
        let names: Vec<_> = needs[0].choices.iter().map(|at| offers.list[*at].id.as_str()).collect();
        assert_eq!(names, ["index", "other"]);
        let without = vec![offer("web", &["index"], &[]), offer("other", &[], &["index"])];
        check(without, &[], "web", &[("index", "available")]);
    }

    #[test]
    fn apps_start_after_those_they_need() {
        let apps = [("web", vec!["mid"]), ("low", vec![]), ("mid", vec!["low"]), ("x", vec!["x", "gone"])];
        let order = in_order(&apps, |app| app.0, |app| app.1.iter().map(|need| (*need).to_owned()).collect());
        assert_eq!(order.iter().map(|app| app.0).collect::<Vec<_>>(), ["low", "mid", "web", "x"]);
    }
}
