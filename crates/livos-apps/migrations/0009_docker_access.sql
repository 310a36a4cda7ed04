-- Apps that mounted Docker's socket had Docker's own, and whoever installed them agreed to that in words: they keep it.
update apps set overlay = json_set(overlay, '$.docker_control', json('true'))
where exists (
    select 1 from json_each(apps.spec, '$.permissions') as permission
    where json_extract(permission.value, '$.code') = 'docker_socket'
);
update previous set record = json_set(
    record, '$.overlay', json_set(coalesce(json_extract(record, '$.overlay'), '{}'), '$.docker_control', json('true'))
)
where exists (
    select 1 from json_each(previous.record, '$.spec.permissions') as permission
    where json_extract(permission.value, '$.code') = 'docker_socket'
);
