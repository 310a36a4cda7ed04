//! The contract: what every engine does alike.

mod commands;
mod containers;
mod images;
mod lately;
mod surroundings;
mod terminals;

use crate::world::{World, survive};

macro_rules! cases {
    ($world:expr, $failures:expr, $($module:ident :: $case:ident),+ $(,)?) => {
        $( survive(stringify!($case), $module::$case($world), $failures).await; )+
    };
}

pub(crate) async fn run(world: &World) {
    let mut failures = Vec::new();
    cases!(
        world,
        &mut failures,
        images::status_says_usable,
        images::a_pull_reports_bytes_and_layers,
        images::missing_images_are_named,
        images::foreign_architectures_are_refused,
        images::an_index_yields_the_own_architecture,
        images::digests_name_images,
        images::references_can_be_given_and_images_made,
        images::all_are_listed_those_without_a_name_too,
        images::a_dropped_pull_leaves_nothing,
        images::hostile_names_are_refused,
        containers::a_container_lives_and_goes,
        containers::environment_and_labels_are_merged,
        containers::what_made_a_container_can_be_read_back,
        containers::names_are_unique,
        containers::absent_things_are_absent,
        containers::an_early_exit_shows_its_code,
        containers::restart_policies_restart,
        containers::health_is_reported,
        containers::output_can_be_read_and_followed,
        containers::events_tell_the_story_of_the_labelled,
        lately::what_runs_uses_something,
        lately::what_happened_is_remembered_and_followed,
        containers::archives_are_unpacked,
        terminals::a_terminal_is_typed_at_resized_and_ends,
        terminals::what_cannot_run_has_no_terminal,
        containers::what_a_container_wrote_is_measured,
        containers::what_a_container_wrote_is_listed,
        containers::a_parent_of_a_container_is_a_slice_where_systemd_keeps_limits,
        containers::signals_end_a_container,
        commands::commands_run_in_containers_that_run,
        surroundings::ports_are_published_and_taken_ports_named,
        surroundings::networks_carry_aliases_and_addresses,
        surroundings::a_missing_network_leaves_no_container,
        surroundings::volumes_stay_until_removed,
        surroundings::impossible_mounts_are_refused,
        surroundings::a_daemon_that_dies_comes_back,
        surroundings::a_daemon_that_dies_breaks_a_pull_for_good,
    );
    assert!(failures.is_empty(), "broken: {failures:?}");
}
