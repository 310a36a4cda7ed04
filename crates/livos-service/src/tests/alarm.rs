use std::time::Duration;

use crate::alarm::wait_on_the_wall;

#[tokio::test]
async fn a_timer_on_the_wall_goes_off_when_its_time_has_come_and_not_before() {
    let soon = tokio::time::timeout(Duration::from_secs(20), wait_on_the_wall(Duration::from_secs(1)));
    let long = wait_on_the_wall(Duration::from_secs(10 * 366 * 24 * 60 * 60));
    tokio::select! {
        soon = soon => soon.expect("in time").unwrap(),
        long = long => panic!("{long:?} ten years too early"),
    }
}
