export interface paths {
    "/.livos/enter": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Hand a ticket in
         * @description Caddy sends this path of every app's address here. Each ticket is good once, within a minute.
         */
        get: operations["get_livos_enter"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/apps": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What is installed */
        get: operations["get_apps"];
        put?: never;
        /** Install an app */
        post: operations["post_apps"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/apps/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One installed app */
        get: operations["get_apps_id"];
        put?: never;
        post?: never;
        /** Remove an app */
        delete: operations["delete_apps_id"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/apps/{id}/checks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What stands in the way of an app's update, or of other settings if there is none; nothing is touched */
        get: operations["get_apps_id_checks"];
        put?: never;
        /** What stands in the way of an app's update with these answers; nothing is touched, and nothing is kept of them */
        post: operations["post_apps_id_checks"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/apps/{id}/compose": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The file that says which containers an app has */
        get: operations["get_apps_id_compose"];
        /** Make an app's containers from another compose file, or leave it as it is */
        put: operations["put_apps_id_compose"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/apps/{id}/compose/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** What another compose file would do; nothing is touched */
        post: operations["post_apps_id_compose_check"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/apps/{id}/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** An app as a plain compose project */
        get: operations["get_apps_id_export"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/apps/{id}/logs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What an app writes */
        get: operations["get_apps_id_logs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/apps/{id}/pin": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Keep an app on the version it has */
        put: operations["put_apps_id_pin"];
        post?: never;
        /** Let an app be updated again */
        delete: operations["delete_apps_id_pin"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/apps/{id}/restart": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Stop and start an app */
        post: operations["post_apps_id_restart"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/apps/{id}/rollback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Bring an app back to what it was before its last update or change of settings */
        post: operations["post_apps_id_rollback"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/apps/{id}/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What can be changed about an installed app; of a secret only that it is set */
        get: operations["get_apps_id_settings"];
        /** Give an app other settings, or leave it as it is */
        put: operations["put_apps_id_settings"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/apps/{id}/settings/look": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** What other settings would change; nothing is touched */
        post: operations["post_apps_id_settings_look"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/apps/{id}/skip": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Do not offer this newer version of an app; the one after it is offered again */
        put: operations["put_apps_id_skip"];
        post?: never;
        /** Offer whatever newer version of an app there is again */
        delete: operations["delete_apps_id_skip"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/apps/{id}/start": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Start an app */
        post: operations["post_apps_id_start"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/apps/{id}/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Stop an app */
        post: operations["post_apps_id_stop"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/apps/{id}/update": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What an update would change */
        get: operations["get_apps_id_update"];
        put?: never;
        /** Update an app */
        post: operations["post_apps_id_update"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/assistant/approvals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What waits for one's answer */
        get: operations["get_assistant_approvals"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/assistant/approvals/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Answer a proposal
         * @description What is agreed to is begun at once, with the person's own rights, and the conversation says how it ended.
         */
        post: operations["post_assistant_approvals_id"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/assistant/approvals/{id}/undo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Take back what was done */
        post: operations["post_assistant_approvals_id_undo"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/assistant/budgets/{who}/{cause}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Set what may be spent a day */
        put: operations["put_assistant_budgets_who_cause"];
        post?: never;
        /** Forget a budget */
        delete: operations["delete_assistant_budgets_who_cause"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/assistant/conversations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One's own conversations */
        get: operations["get_assistant_conversations"];
        put?: never;
        /** Begin a conversation */
        post: operations["post_assistant_conversations"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/assistant/conversations/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A conversation with all that was said */
        get: operations["get_assistant_conversations_id"];
        put?: never;
        post?: never;
        /** Delete a conversation */
        delete: operations["delete_assistant_conversations_id"];
        options?: never;
        head?: never;
        /** Rename, pin or archive a conversation, or choose its model */
        patch: operations["patch_assistant_conversations_id"];
        trace?: never;
    };
    "/api/v1/assistant/conversations/{id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A conversation as it goes on
         * @description Server-sent events: `item` (new, or in place of the one with its `key`), `delta` (`run`, `item`, `text`: more of an
         *     item), `queued`, `state`, `title`, and `reset` (read everything again). What is settled has an id, with which
         *     `Last-Event-ID` or `after` go on where a stream broke. Closing it changes nothing.
         */
        get: operations["get_assistant_conversations_id_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/assistant/conversations/{id}/messages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Say something
         * @description The answer comes over the conversation's events. While one is being made, messages wait in order.
         */
        post: operations["post_assistant_conversations_id_messages"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/assistant/conversations/{id}/pictures": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take in a picture for a message
         * @description Its file is the body: PNG, JPEG, WebP or GIF by what it is, of at most 3.75 MB and 8,000 pixels on a side. It is shown with
         *     the message that names its id; one that is named by none is forgotten after a day. The same file again is the same
         *     picture.
         */
        post: operations["post_assistant_conversations_id_pictures"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/assistant/conversations/{id}/pictures/{picture}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A picture of one's own conversation */
        get: operations["get_assistant_conversations_id_pictures_picture"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/assistant/conversations/{id}/results/{reference}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * All that a tool said
         * @description Of an item whose `output` was cut, by the name that it has as `kept`.
         */
        get: operations["get_assistant_conversations_id_results_reference"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/assistant/conversations/{id}/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop the answer that is being made
         * @description Messages that wait are then taken up in their turn.
         */
        post: operations["post_assistant_conversations_id_stop"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/assistant/embeddings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who makes vectors of what is remembered */
        get: operations["get_assistant_embeddings"];
        /**
         * Choose who makes vectors of what is remembered
         * @description A tiny text is tried first; if no vector comes, nothing is changed and the answer says why. From then on what
         *     everybody has the assistant remember, and what it looks up for them, is sent there.
         */
        put: operations["put_assistant_embeddings"];
        post?: never;
        /** Have nobody make vectors of what is remembered */
        delete: operations["delete_assistant_embeddings"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/assistant/providers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The providers there are */
        get: operations["get_assistant_providers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/assistant/providers/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Add or change a provider
         * @description It is tried with a tiny request first; if that fails, nothing is changed and the answer says why.
         */
        put: operations["put_assistant_providers_id"];
        post?: never;
        /** Forget a provider and its key */
        delete: operations["delete_assistant_providers_id"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/assistant/providers/{id}/default": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Make a provider the one that answers */
        put: operations["put_assistant_providers_id_default"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/assistant/providers/{id}/price": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Enter what a provider's model costs
         * @description It goes before the price list that LivOS brings along.
         */
        put: operations["put_assistant_providers_id_price"];
        post?: never;
        /** Forget the price that was entered */
        delete: operations["delete_assistant_providers_id_price"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/assistant/providers/{id}/tier": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Make a provider the one that answers for a tier */
        put: operations["put_assistant_providers_id_tier"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/assistant/rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What one has settled beforehand */
        get: operations["get_assistant_rules"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/assistant/rules/{tool}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Settle something beforehand, or ask again
         * @description Of the rule for a conversation and the one for all of them, the stricter holds. After a stranger's words were read,
         *     one is asked whatever they say, but for reading the web, which needs asking only then.
         */
        put: operations["put_assistant_rules_tool"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/assistant/runs/{run}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Go through a run once more
         * @description From its log alone: no model is asked and no tool used. Each step is held against what had to come, and what a model was
         *     told against the digest that was kept of it.
         */
        get: operations["get_assistant_runs_run_replay"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/assistant/runs/{run}/undo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What a run changed, and what of it can be put back
         * @description As things are now; nothing is touched. What somebody has changed since is not put back, and says so.
         */
        get: operations["get_assistant_runs_run_undo"];
        put?: never;
        /**
         * Undo a run
         * @description One after the other, the latest first, with the rights that the person has then. Each is put back once, also when
         *     the server is stopped in the middle; how each went is in the plan and in the conversation.
         */
        post: operations["post_assistant_runs_run_undo"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/assistant/schedules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One's own schedules */
        get: operations["get_assistant_schedules"];
        put?: never;
        /**
         * Have the assistant, or a subagent, asked later
         * @description The answers are in a conversation of their own. When what is waited for happens, it comes at most every five minutes.
         */
        post: operations["post_assistant_schedules"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/assistant/schedules/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Remove a schedule
         * @description It can be restored for a day.
         */
        delete: operations["delete_assistant_schedules_id"];
        options?: never;
        head?: never;
        /** Pause or resume a schedule */
        patch: operations["patch_assistant_schedules_id"];
        trace?: never;
    };
    "/api/v1/assistant/schedules/{id}/restore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Take the removal of a schedule back */
        post: operations["post_assistant_schedules_id_restore"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/assistant/schedules/{id}/run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Run a schedule now */
        post: operations["post_assistant_schedules_id_run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/assistant/skills": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One's skills, without their texts */
        get: operations["get_assistant_skills"];
        put?: never;
        /**
         * Take a skill in
         * @description It is not used before what waits has been enabled.
         */
        post: operations["post_assistant_skills"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/assistant/skills/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A skill with its texts */
        get: operations["get_assistant_skills_name"];
        put?: never;
        post?: never;
        /** Remove a skill of one's own */
        delete: operations["delete_assistant_skills_name"];
        options?: never;
        head?: never;
        /**
         * Enable or disable a skill
         * @description Enabled is exactly the text of that revision; if it is another by now, the answer is 409.
         */
        patch: operations["patch_assistant_skills_name"];
        trace?: never;
    };
    "/api/v1/assistant/skills/{name}/waiting": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Throw away what waits to be looked at
         * @description What is in use stays.
         */
        delete: operations["delete_assistant_skills_name_waiting"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/assistant/spending": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the models cost in a month
         * @description One's own, and everybody's for those who run the server.
         */
        get: operations["get_assistant_spending"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/assistant/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether the assistant can answer */
        get: operations["get_assistant_status"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/assistant/subagents": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One's own subagents, without instructions and history */
        get: operations["get_assistant_subagents"];
        put?: never;
        /** Make a subagent */
        post: operations["post_assistant_subagents"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/assistant/subagents/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A subagent with all it has done */
        get: operations["get_assistant_subagents_id"];
        /**
         * Give a subagent another brief
         * @description It holds from its next task on. What narrowed it when it was made still does.
         */
        put: operations["put_assistant_subagents_id"];
        post?: never;
        /**
         * Delete a subagent
         * @description What it was to do later goes with it; what it has done stays as an archived conversation.
         */
        delete: operations["delete_assistant_subagents_id"];
        options?: never;
        head?: never;
        /** Pause or resume what a subagent is to do later */
        patch: operations["patch_assistant_subagents_id"];
        trace?: never;
    };
    "/api/v1/assistant/subagents/{id}/run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Have a subagent do something now */
        post: operations["post_assistant_subagents_id_run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/assistant/tool-server-file": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The servers as other programs write them down
         * @description `{"mcpServers": {…}}`. What stands for a key is not one.
         */
        get: operations["get_assistant_tool_server_file"];
        put?: never;
        /**
         * Add the servers of such a file
         * @description Each is tried as by itself, so some may be kept and others not. Programs are not started before what is run was agreed
         *     to.
         */
        post: operations["post_assistant_tool_server_file"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/assistant/tool-server-registry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Look for servers in a public registry
         * @description What is looked for is told to that registry. Nobody who is found is asked anything.
         */
        get: operations["get_assistant_tool_server_registry"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/assistant/tool-servers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Servers whose tools the assistant uses
         * @description With their tools as they are now, and as they were agreed to where that is not the same.
         */
        get: operations["get_assistant_tool_servers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/assistant/tool-servers/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Add a server, or change one
         * @description It is asked which tools it has first, and a program is started for that, shut in; if it does not say, nothing is
         *     changed and the answer says why. No tool is used before it is enabled.
         */
        put: operations["put_assistant_tool_servers_name"];
        post?: never;
        /** Forget a server, its keys and what was agreed to */
        delete: operations["delete_assistant_tool_servers_name"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/assistant/tool-servers/{name}/look": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ask a server again which tools it has */
        post: operations["post_assistant_tool_servers_name_look"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/assistant/tool-servers/{name}/on": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Have a server's tools used, or not */
        put: operations["put_assistant_tool_servers_name_on"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/assistant/tool-servers/{name}/tools": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Enable a tool exactly as it was looked at, or disable it */
        put: operations["put_assistant_tool_servers_name_tools"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/assistant/web": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Whether the assistant reads the web
         * @description For the machine, for everybody and for oneself: all three have to be on. Who searches is told to those who run the
         *     server.
         */
        get: operations["get_assistant_web"];
        /** Let the assistant read the web for everybody, or for nobody */
        put: operations["put_assistant_web"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/assistant/web/own": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Let the assistant read the web for oneself, or not */
        put: operations["put_assistant_web_own"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/assistant/web/search": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Choose who searches the web
         * @description It is asked for something first; if it finds nothing, nothing is changed and the answer says why.
         */
        put: operations["put_assistant_web_search"];
        post?: never;
        /** Forget who searches the web, and the key */
        delete: operations["delete_assistant_web_search"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who did what, newest first */
        get: operations["get_audit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/certificate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The certificate of this server's own authority
         * @description For anybody: a device that does not trust it yet has no safe way to sign in. It is no secret; its key is.
         */
        get: operations["get_certificate"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/certificate/profile": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The same as a configuration profile for iPhone, iPad and Mac */
        get: operations["get_certificate_profile"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/docker": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Everything in Docker */
        get: operations["get_docker"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/docker/act": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Do what was agreed to
         * @description Each thing carries the code that was read. What is not as it was shown, and what came into use, stays.
         */
        post: operations["post_docker_act"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/docker/adopted": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Look after what LivOS did not make, without touching it */
        post: operations["post_docker_adopted"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/docker/adopted/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Give back what was adopted, as it is */
        delete: operations["delete_docker_adopted_id"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/docker/containers/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One container */
        get: operations["get_docker_containers_id"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/docker/containers/{id}/environment": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The environment of a container, secrets and all */
        get: operations["get_docker_containers_id_environment"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/docker/containers/{id}/file": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A file of a container, to save */
        get: operations["get_docker_containers_id_file"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/docker/containers/{id}/files": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What lies in a folder of a container */
        get: operations["get_docker_containers_id_files"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/docker/containers/{id}/logs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What a container writes */
        get: operations["get_docker_containers_id_logs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/docker/containers/{id}/restart": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Stop and start a container that is no app's */
        post: operations["post_docker_containers_id_restart"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/docker/containers/{id}/shell": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A shell in a container
         * @description Answers with a WebSocket, and to this server's own page only. Binary messages are bytes of the terminal, both ways.
         *     Text messages are JSON: `ShellScreen` to the server, `ShellNews` from it. The shell ends when the WebSocket closes and
         *     when the session ends.
         */
        get: operations["get_docker_containers_id_shell"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/docker/containers/{id}/start": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Start a container that is no app's */
        post: operations["post_docker_containers_id_start"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/docker/containers/{id}/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Stop a container that is no app's */
        post: operations["post_docker_containers_id_stop"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/docker/engine/log": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What Docker itself wrote into the machine's journal */
        get: operations["get_docker_engine_log"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/docker/engine/start": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Start Docker when it is down */
        post: operations["post_docker_engine_start"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/docker/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What happened in Docker lately */
        get: operations["get_docker_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/docker/look": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What would happen to single things in Docker
         * @description Of each: what is done to it, in words, with a code that stands for exactly that, or why it can't be done.
         */
        post: operations["post_docker_look"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/docker/reclaim": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What could be removed to get room */
        get: operations["get_docker_reclaim"];
        put?: never;
        /** Remove what nothing uses */
        post: operations["post_docker_reclaim"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/docker/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What running containers use
         * @description Shares of the processors are what grew between two answers.
         */
        get: operations["get_docker_stats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/engine": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether Docker can be used */
        get: operations["get_engine"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What happens, as it happens
         * @description Server-sent events with ids. `Last-Event-ID` (or `last_event_id`) continues a stream that broke; `reset` says that
         *     too much was missed and everything must be read again. A `ping` comes when nothing else did for 15 s.
         */
        get: operations["get_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/exposure": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How this server is reached
         * @description Each name on the internet is tried just now.
         */
        get: operations["get_exposure"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/exposure/domain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Give this server a name on the internet
         * @description Certificates are fetched from now on; how that stands is in GET /api/v1/exposure.
         */
        put: operations["put_exposure_domain"];
        post?: never;
        /** Take the name on the internet away */
        delete: operations["delete_exposure_domain"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/exposure/https": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Lead plain HTTP to HTTPS, or not */
        put: operations["put_exposure_https"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/files/archive": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Files and folders as one zip */
        get: operations["get_files_archive"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/files/content": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The contents of a file
         * @description One range a request, `If-Range`, `If-None-Match`. What could carry script is only ever saved, never shown.
         */
        get: operations["get_files_content"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        /** The headers of a file */
        head: operations["head_files_content"];
        patch?: never;
        trace?: never;
    };
    "/api/v1/files/copy": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Copy files and folders */
        post: operations["post_files_copy"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/files/directories": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make a folder */
        post: operations["post_files_directories"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/files/favourites": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One's favourites
         * @description The first added first. What is not there just now, or not one's to see any more, is left out.
         */
        get: operations["get_files_favourites"];
        /** Add a file or folder to one's favourites */
        put: operations["put_files_favourites"];
        post?: never;
        /** Take a file or folder from one's favourites */
        delete: operations["delete_files_favourites"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/files/list": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A whole folder
         * @description Never cut. From now on the event stream says when something in it changes.
         */
        get: operations["get_files_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/files/move": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Move files and folders */
        post: operations["post_files_move"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/files/recents": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Files one opened or changed lately
         * @description The latest first, at most 200.
         */
        get: operations["get_files_recents"];
        put?: never;
        /**
         * Say that one opened a file
         * @description Reading its contents says nothing: a thumbnail, or the next part of a film, opens no file.
         */
        post: operations["post_files_recents"];
        /** Forget which files one opened and changed */
        delete: operations["delete_files_recents"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/files/rename": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Give a file or folder another name */
        post: operations["post_files_rename"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/files/roots": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The places one may enter */
        get: operations["get_files_roots"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/files/search": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Names that contain a text */
        get: operations["get_files_search"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/files/shares": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Folders one shares with Nexus
         * @description The first shared first. What is not there just now says so; what is not one's to see any more is left out.
         */
        get: operations["get_files_shares"];
        /**
         * Share a folder with Nexus
         * @description It can look into that folder and everything in it when one talks with it. It changes something there only if
         *     `writes` says that it may, and then each thing once one has agreed to it.
         */
        put: operations["put_files_shares"];
        post?: never;
        /** Stop sharing a folder with Nexus */
        delete: operations["delete_files_shares"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/files/stat": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One file or folder */
        get: operations["get_files_stat"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/files/trash": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What one has in the trash */
        get: operations["get_files_trash"];
        put?: never;
        /** Put files and folders in the trash */
        post: operations["post_files_trash"];
        /** Empty the trash */
        delete: operations["delete_files_trash"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/files/trash/delete": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Delete things in the trash for good */
        post: operations["post_files_trash_delete"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/files/trash/restore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Put things back where they were */
        post: operations["post_files_trash_restore"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/gate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Whether a browser may reach an app
         * @description For Caddy's forward_auth, with `X-Livos-App`. 204 lets the request through; anything else is the answer.
         */
        get: operations["get_gate"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How the server is */
        get: operations["get_health"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Unfinished jobs, and finished ones nobody dismissed */
        get: operations["get_jobs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One job */
        get: operations["get_jobs_id"];
        put?: never;
        post?: never;
        /** Take a finished job off the list */
        delete: operations["delete_jobs_id"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Stop a job */
        post: operations["post_jobs_id_cancel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{id}/log": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What a job wrote */
        get: operations["get_jobs_id_log"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Try a failed job again */
        post: operations["post_jobs_id_retry"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Change one's name */
        patch: operations["patch_me"];
        trace?: never;
    };
    "/api/v1/me/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One's keys for other programs */
        get: operations["get_me_keys"];
        put?: never;
        /**
         * Make a key for another program
         * @description It acts with the rights one has when it is used, and ends with the account.
         */
        post: operations["post_me_keys"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke a key
         * @description What goes on with it ends at once.
         */
        delete: operations["delete_me_keys_id"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Change one's password
         * @description All other sign-ins end.
         */
        put: operations["put_me_password"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/recovery-codes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Replace one's recovery codes */
        post: operations["post_me_recovery_codes"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One's own settings */
        get: operations["get_me_settings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change one's own settings
         * @description A JSON merge patch; all settings together can be 64 KiB.
         */
        patch: operations["patch_me_settings"];
        trace?: never;
    };
    "/api/v1/me/totp": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Begin to use an authenticator app */
        post: operations["post_me_totp"];
        /** Switch two-factor sign-in off */
        delete: operations["delete_me_totp"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/totp/confirm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Switch two-factor sign-in on with its first code */
        post: operations["post_me_totp_confirm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/wallpaper": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The picture behind one's desktop */
        get: operations["get_me_wallpaper"];
        /**
         * Make a picture the one behind one's desktop
         * @description It is cut to 2560 × 1600 pixels at most. The setting `wallpaper` decides whether it is shown.
         */
        put: operations["put_me_wallpaper"];
        post?: never;
        /** Throw away the picture behind one's desktop */
        delete: operations["delete_me_wallpaper"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The description of this API as OpenAPI 3.1 */
        get: operations["get_openapi_json"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/outcomes/{key}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What became of a request
         * @description 404: no request with this key arrived within the last day.
         */
        get: operations["get_outcomes_key"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who is signed in */
        get: operations["get_session"];
        put?: never;
        /**
         * Sign in
         * @description 401 `totp_required` asks for the second factor; send everything again with `totp`.
         */
        post: operations["post_session"];
        /** Sign out */
        delete: operations["delete_session"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Renew the sign-in
         * @description The refresh cookie is good once. One that comes back after it was used ends the session.
         */
        post: operations["post_session_refresh"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where one is signed in */
        get: operations["get_sessions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** End a sign-in somewhere else */
        delete: operations["delete_sessions_id"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/setup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether the server is set up */
        get: operations["get_setup"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/setup/account": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Create the owner's account */
        post: operations["post_setup_account"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/setup/claim": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Check the claim code
         * @description Five tries, then one a minute.
         */
        post: operations["post_setup_claim"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/stacks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make an app from a compose file
         * @description From then on it is an app like any other, of the store `own`.
         */
        post: operations["post_stacks"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/stacks/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** What would become of a compose file; nothing is touched */
        post: operations["post_stacks_check"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/store/apps": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Every app of every store */
        get: operations["get_store_apps"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/store/apps/{store}/{app}/pictures/{number}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A picture of an app's page
         * @description The server fetches it from the host that `pictures` of the app names; the browser is not sent there.
         */
        get: operations["get_store_apps_store_app_pictures_number"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/store/apps/{store}/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Everything about an app */
        get: operations["get_store_apps_store_id"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/store/apps/{store}/{id}/checks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What stands in the way of installing an app; nothing is touched */
        get: operations["get_store_apps_store_id_checks"];
        put?: never;
        /** What stands in the way of installing an app with these answers; nothing is touched, and nothing is kept of them */
        post: operations["post_store_apps_store_id_checks"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/store/icons/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A picture of an app
         * @description Where it is, the field `icon` of an app says. Its name is made of its content, so it may be kept for good.
         */
        get: operations["get_store_icons_name"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/store/sources": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The stores */
        get: operations["get_store_sources"];
        put?: never;
        /** Add a store */
        post: operations["post_store_sources"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/store/sources/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Forget a store
         * @description Apps installed from it stay.
         */
        delete: operations["delete_store_sources_id"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/store/sources/{id}/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Read a store again */
        post: operations["post_store_sources_id_refresh"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/store/updates": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Update every app that needs no new answer and no new consent */
        post: operations["post_store_updates"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/store/wishes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Apps that were asked for
         * @description An admin sees what waits for an answer, a member what they asked for themselves, also what was answered within the
         *     last 30 days.
         */
        get: operations["get_store_wishes"];
        put?: never;
        /**
         * Ask the admins for an app
         * @description Once more is no more. Each admin is told.
         */
        post: operations["post_store_wishes"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/store/wishes/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Take a wish back, or decline it
         * @description Whose it is takes it back; an admin declines it, which the person is told.
         */
        delete: operations["delete_store_wishes_id"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/system": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The machine and the daemons on it */
        get: operations["get_system"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/system/load": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How busy the machine is
         * @description Small, for those who look at it again and again.
         */
        get: operations["get_system_load"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/system/updates": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How LivOS stands with its own updates */
        get: operations["get_system_updates"];
        put?: never;
        /**
         * Bring LivOS to the newer version
         * @description The server is away for a moment. If the newer version does not work, the one before comes back.
         */
        post: operations["post_system_updates"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/system/updates/automatic": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Whether LivOS updates by itself, and when
         * @description It looks and brings what is newer at some moment of the hour. What does not stay is not brought again by itself.
         */
        put: operations["put_system_updates_automatic"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/system/updates/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Stop it while nothing has changed */
        post: operations["post_system_updates_cancel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/system/updates/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Look for a newer version
         * @description What comes of it is in the status, and the event `update` says when.
         */
        post: operations["post_system_updates_check"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/system/updates/file": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Read a newer version from a file
         * @description A `livos-VERSION.bundle` among the files of who asks, for a server without a network. It is copied and verified;
         *     what it brings is in the status then, as after a look for updates, and `POST /api/v1/system/updates` brings it.
         */
        post: operations["post_system_updates_file"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/uploads": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One's own unfinished uploads */
        get: operations["get_uploads"];
        put?: never;
        /**
         * Begin an upload (tus)
         * @description `Upload-Metadata`: `root`, `path` (the folder), `filename`, `on_conflict` (`keep_both`, `replace`, `skip`),
         *     `relative_path` (below the folder, with the file's name; missing folders are made) and `modified_at` (UTC seconds).
         */
        post: operations["post_uploads"];
        delete?: never;
        /** What this server can do (tus) */
        options: operations["options_uploads"];
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/uploads/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * For clients that can send nothing but POST (tus)
         * @description `X-HTTP-Method-Override` is PATCH, DELETE or HEAD.
         */
        post: operations["post_uploads_id"];
        /** Give an upload up (tus) */
        delete: operations["delete_uploads_id"];
        options?: never;
        /** How far an upload is (tus) */
        head: operations["head_uploads_id"];
        /** Send bytes (tus) */
        patch: operations["patch_uploads_id"];
        trace?: never;
    };
    "/api/v1/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Everybody */
        get: operations["get_users"];
        put?: never;
        /** Add a person */
        post: operations["post_users"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Remove a person
         * @description Their files stay where they are; the assistant forgets what it knew of them.
         */
        delete: operations["delete_users_id"];
        options?: never;
        head?: never;
        /** Change a person */
        patch: operations["patch_users_id"];
        trace?: never;
    };
    "/api/v1/version": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Which version this is */
        get: operations["get_version"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/mcp": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** There is no stream of the server's own messages */
        get: operations["get_mcp"];
        put?: never;
        /**
         * Use the assistant's tools from another program
         * @description The Model Context Protocol over streamable HTTP, without sessions: each message is answered by itself.
         */
        post: operations["post_mcp"];
        /** There are no sessions to end */
        delete: operations["delete_mcp"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/open/{app}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Open an app
         * @description Sends a browser that is signed in to the app, with a ticket; any other to the sign-in page.
         */
        get: operations["get_open_app"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/trust": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How a device comes to trust this server
         * @description A plain page for a device that does not yet: http://livos.local/trust.
         */
        get: operations["get_trust"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description What is to be done to what */
        ActBody: {
            /** @description To what. */
            things: components["schemas"]["DockerThing"][];
            /** @description `start`, `stop`, `restart`, `kill` or `remove`. */
            verb: string;
        };
        /** @description A store to add. */
        AddSourceRequest: {
            /** @description A git address, or a directory on the server. */
            url: string;
        };
        /** @description What to look after */
        AdoptBody: {
            /** @description `stack` or `container`. */
            kind: string;
            /** @description The compose project's name, or the container's full id. */
            subject: string;
        };
        /** @description What is looked after now */
        AdoptReply: {
            /** @description Its id beside the apps. */
            id: string;
        };
        /** @description Whether plain HTTP leads to HTTPS. */
        AlwaysRequest: {
            /** @description Under the names of the house and under addresses; a domain always does so. */
            always: boolean;
        };
        /**
         * @description How far an answer is.
         * @enum {string}
         */
        AnswerState: "streaming" | "done" | "stopped" | "failed";
        /** @description What other settings would change. */
        AppChange: {
            /** @description What the app would ask for beyond what was agreed to. */
            permissions: components["schemas"]["Permission"][];
            /** @description The services whose containers are made anew; empty if nothing changes. */
            recreated: string[];
            /** @description The services that would differ. */
            services: components["schemas"]["ServiceChange"][];
        };
        /** @description An app that can be installed for another one. */
        AppChoice: {
            /** @description Its id there. */
            id: string;
            /** @description Its name. */
            name: string;
            /** @description The store it comes from. */
            store: string;
        };
        /** @description The file that says which containers an app has. */
        AppCompose: {
            /** @description The text that counts is the owner's, not the store's. */
            edited: boolean;
            /** @description Its name. */
            file: string;
            /**
             * Format: int32
             * @description The most bytes that it may have.
             */
            most: number;
            /** @description What stands for the text that counts, to be sent back with another one. */
            revision: string;
            /** @description A compose file of everything that LivOS makes of it: moved ports, limits, folders. No secret is in it. */
            runs: string;
            /** @description The text of its store, word for word. */
            store: string;
            /** @description The text that counts. */
            text: string;
        };
        /** @description An app that another one needs. */
        AppDependency: {
            /** @description What can be installed for it, the closest first; empty unless it is `available`. */
            choices: components["schemas"]["AppChoice"][];
            /** @description Its id, or that of the app in whose place others can serve. */
            id: string;
            /** @description The name of what is there, or of what would be installed. */
            name: string;
            /**
             * @description `installed`, `installing`, `available`, `unsupported` (offered, but it cannot run here), `missing`
             *     (no store offers it) or `circular` (it needs, in the end, itself).
             */
            state: string;
        };
        /** @description What is known about an app beside what it may do. */
        AppFacts: {
            /**
             * @description It can reach the internet, or whatever else the machine can.
             * @default false
             */
            internet: boolean;
            /**
             * @description Under which licence it is, as its store or its image says; `""` if neither does.
             * @default
             */
            licence: string;
            /**
             * @description Where more about it is.
             * @default []
             */
            links: components["schemas"]["AppLink"][];
            /**
             * Format: int64
             * @description Bytes of memory that its parts are to have at least together; 0 if it does not say.
             * @default 0
             */
            memory_least: number;
            /**
             * Format: int64
             * @description Bytes of memory that all its parts together may have; 0 if one of them may have any.
             * @default 0
             */
            memory_most: number;
            /**
             * Format: int64
             * @description Bytes on disk of its images that are here; 0 if there are none. How large a download is, nobody says before.
             * @default 0
             */
            on_disk: number;
        };
        /** @description Something an app wants to know before it is installed. */
        AppInput: {
            /** @description What it is without an answer. */
            default: string;
            /** @description A hint. */
            hint: string;
            /** @description What to send back. */
            key: string;
            /** @description `text`, `password`, `number`, `email`, `boolean`, `url`, `ip`, `fqdn`, `fqdnip`, `random` or `select`. */
            kind: string;
            /** @description Its label. */
            label: string;
            /** @description The choices of a `select`. */
            options: components["schemas"]["InputOption"][];
            /** @description It must be answered. */
            required: boolean;
        };
        /** @description An address outside. */
        AppLink: {
            /** @description `source`, `documentation` or `support`. */
            kind: string;
            /** @description The address, `http` or `https`. */
            url: string;
        };
        /** @description A container of an installed app. */
        AppService: {
            /** @description Its image. */
            image: string;
            /** @description Its name in the compose file. */
            name: string;
            /** @description `running`, `starting`, `unhealthy`, `stopped`, `done` or `missing`. */
            state: string;
        };
        /** @description A question with its answer. */
        AppSetting: {
            /** @description The question. */
            input: components["schemas"]["AppInput"];
            /** @description Its answer is kept, but never shown. */
            secret: boolean;
            /** @description It was answered. */
            set: boolean;
            /** @description The answer; `""` if there is none, or if it is a secret. */
            value: string;
        };
        /** @description What can be changed about an installed app. */
        AppSettings: {
            /** @description What it may do in Docker: `view`, `control`, or `""` if it does not ask for Docker. */
            docker?: string;
            /** @description The images of its services, of which another version can be chosen. */
            images?: components["schemas"]["ImageSetting"][];
            /** @description What it asked when it was installed, with what was answered. */
            inputs: components["schemas"]["AppSetting"][];
            /** @description The memory of its services. */
            memory: components["schemas"]["MemorySetting"][];
            /** @description The ports it publishes. */
            ports: components["schemas"]["PortSetting"][];
        };
        /** @description What an update of an app would change. */
        AppUpdate: {
            /** @description Why it cannot be updated, in words; `""` if it can. */
            error: string;
            /** @description The version it has. */
            from: string;
            /** @description What it asks anew. */
            inputs: components["schemas"]["AppInput"][];
            /** @description What it asks for beyond what was agreed to. */
            permissions: components["schemas"]["Permission"][];
            /** @description What is new, as its makers say. */
            release_notes: string;
            /** @description Its containers as they would be. */
            services: components["schemas"]["CatalogService"][];
            /** @description The version it would have. */
            to: string;
        };
        /** @description An answer to a proposal. */
        ApprovalBody: {
            action?: components["schemas"]["ProposedAction"] | null;
            /** @description Nor ask again for this tool in this conversation. */
            always?: boolean;
            /** @description Yes or no. */
            decision: components["schemas"]["Decision"];
        };
        /** @description Whether the assistant can answer. */
        AssistantStatus: {
            model?: components["schemas"]["ModelName"] | null;
            /** @description `ready`, `no_provider` or `unavailable`. */
            state: "ready" | "no_provider" | "unavailable";
            /** @description Who answers where a conversation asks for another tier. */
            tiers?: components["schemas"]["TierModel"][];
        };
        /** @description An entry of the audit trail. */
        AuditEntry: {
            /** @description `session.begin`, `user.add`, `app.install`, … */
            action: string;
            /** @description The user name they had then; `""` for the machine's administrator and for strangers. */
            actor: string;
            /** @description Where the request came from. */
            address: string;
            /**
             * Format: int64
             * @description UTC seconds.
             */
            at: number;
            /** Format: int64 */
            id: number;
            /** @description `ok`, or what went wrong. */
            outcome: string;
            /** @description What it was about. */
            subject: string;
            /** @description The account, or `""`. */
            user_id: string;
        };
        /** @description The house's own certificate authority. */
        Authority: {
            /** @description SHA-256 of its certificate, in pairs of hex digits with colons between. */
            fingerprint: string;
            /** @description What devices call it; it keeps the name that the server had when it was made. */
            name: string;
            /** @description The server is called otherwise by now. Its certificates are as good as before. */
            renamed?: boolean;
        };
        /** @description What may be spent a day. */
        Budget: {
            /** @description What it is for: `chat` or `schedule`; `""` is everything together. */
            cause: string;
            /**
             * Format: int64
             * @description Millionths of a US dollar; without them there is no limit on money.
             */
            money?: number | null;
            /** @description Whose it is; `""` is everybody who has none of their own. */
            person: string;
            /**
             * Format: int64
             * @description Tokens; without them there is no limit on tokens.
             */
            tokens?: number | null;
        };
        /** @description What may be spent a day; what is left out has no limit. */
        BudgetBody: {
            /**
             * Format: int64
             * @description Millionths of a US dollar.
             */
            money?: number | null;
            /**
             * Format: int64
             * @description Tokens, read and written.
             */
            tokens?: number | null;
        };
        /** @description Everything about an app in a store. */
        CatalogApp: {
            /** @description The line in the list. */
            app: components["schemas"]["StoreApp"];
            /** @description First password. One that this server derives for the app is left out unless an admin asks. */
            default_password: string;
            /** @description First account. */
            default_username: string;
            /** @description Apps that must be there first, in the order in which they can be installed. */
            dependencies: components["schemas"]["AppDependency"][];
            /** @description Markdown. */
            description: string;
            /** @description What it may do in Docker if it is installed: `view` or `control`. */
            docker?: string;
            docker_control?: components["schemas"]["Permission"] | null;
            /** @description Why it cannot be read at all, or `""`. */
            error: string;
            /** @description What else is known about it. */
            facts?: components["schemas"]["AppFacts"];
            /** @description Its store is gone or does not offer it any more: this is what was installed, and there are no updates. */
            gone: boolean;
            /** @description What must be decided. */
            inputs: components["schemas"]["AppInput"][];
            /** @description Ports that are not the ones its store asks for: those that it has, or those that it would get now. */
            moved?: components["schemas"]["MovedPort"][];
            /** @description What it can reach. */
            permissions: components["schemas"]["Permission"][];
            /** @description The hosts from which its pictures come, a line each, in their order; a picture is fetched when it is looked at. */
            pictures?: string[];
            /** @description What is new, Markdown. */
            release_notes: string;
            /** @description What will run. */
            services: components["schemas"]["CatalogService"][];
            /** @description What it asks for that LivOS cannot give; empty if it can run. */
            unsupported: string[];
            /** @description The project's page. */
            website: string;
        };
        /** @description One container that an app will run. */
        CatalogService: {
            /** @description Its image. */
            image: string;
            /** @description Its name in the compose file. */
            name: string;
        };
        /** @description One thing that was looked at. */
        Check: {
            /**
             * @description `docker`, `architecture`, `support`, `answers`, `needs`, `memory`, `disk`, `download`, `ports`, `folders`, `version` or
             *     `copy`.
             */
            check: string;
            /** @description What to do about it; `""` if there is nothing to do. */
            next: string;
            /** @description `ok`, `warn` or `block`. */
            state: string;
            /** @description What was found. */
            words: string;
        };
        /** @description Everything that was looked at, before anything is begun. */
        Checks: {
            /** @description One line each. */
            checks: components["schemas"]["Check"][];
            /**
             * @description What it could reach with the answers that were looked at; of an update, only beyond what was agreed to. Empty
             *     where no answers were.
             */
            permissions?: components["schemas"]["Permission"][];
            /** @description The worst of them: `ok`, `warn` or `block`. With `block`, it would be refused. */
            state: string;
        };
        /** @description What is typed into the sheet of an app. */
        ChecksBody: {
            /** @description Answers to what it asks, by key. */
            answers?: {
                [key: string]: string;
            };
            /** @description It is to control Docker instead of only looking. */
            docker_control?: boolean;
        };
        /** @description The claim code. */
        ClaimRequest: {
            /** @description As it stands on the server's screen. */
            code: string;
        };
        /** @description A code of the authenticator app. */
        CodeRequest: {
            code: string;
        };
        /** @description A text to be used */
        ComposeBody: {
            /** @description The codes of the permissions that are agreed to beyond those the app has. */
            accept?: string[];
            /** @description What stood for the text that was changed. */
            revision: string;
            /** @description The whole file; that of its store, word for word, is its store's file again. */
            text: string;
        };
        /** @description What another compose file would do. */
        ComposeCheck: {
            change?: components["schemas"]["AppChange"] | null;
            /** @description The lines that differ, with some around them. */
            lines: components["schemas"]["ComposeLine"][];
            /** @description What is wrong with it or worth a word. */
            problems: components["schemas"]["ComposeProblem"][];
            /** @description What stands for the text that counts now. */
            revision: string;
            /** @description The volumes that the app would not use any more. They stay, with what is in them. */
            volumes: string[];
        };
        /** @description A line of a comparison. */
        ComposeLine: {
            /**
             * Format: int32
             * @description Its number after, from 1; 0 if it will not be there.
             */
            after: number;
            /**
             * Format: int32
             * @description Its number before, from 1; 0 if it was not there.
             */
            before: number;
            /** @description `same`, `removed`, `added`, or `gap` for lines that are left out. */
            kind: string;
            /** @description The line. */
            text: string;
        };
        /** @description Something about a compose file. */
        ComposeProblem: {
            /**
             * Format: int32
             * @description The column in characters, from 1; 0 if it is about the whole file.
             */
            column: number;
            /** @description It keeps the file from being used. */
            error: boolean;
            /**
             * Format: int32
             * @description The line, from 1; 0 if it is about the whole file.
             */
            line: number;
            /** @description What it is, in words. */
            text: string;
        };
        /** @description A text to look at */
        ComposeText: {
            /** @description The whole file. */
            text: string;
        };
        /** @description The password again, before something that matters. */
        ConfirmRequest: {
            password: string;
        };
        /** @description How a container that is no app's is started or stopped */
        ContainerBody: {
            /** @description The person knows that LivOS did not make it and something else may rely on it. */
            sure?: boolean;
        };
        /** @description Something in a folder in a container. */
        ContainerEntry: {
            /** @description `folder`, `file`, `link` or `other`. */
            kind: string;
            /** @description Who may do what: the mode bits, as `ls` writes them. */
            mode: string;
            /**
             * Format: int64
             * @description UTC seconds.
             */
            modified_at: number;
            /** @description Its name. */
            name: string;
            /** @description Whose it is, by number: user and group. */
            owner: string;
            /**
             * Format: int64
             * @description Bytes, of a file.
             */
            size: number;
        };
        /** @description A folder in a container. */
        ContainerFolder: {
            /** @description What is in it, folders first. */
            entries: components["schemas"]["ContainerEntry"][];
            /** @description There is more in it than was read. */
            more: boolean;
            /** @description Its path there. */
            path: string;
        };
        /** @description A conversation with all that was said. */
        Conversation: components["schemas"]["ConversationInfo"] & {
            /** @description What was said and done, in order; what the running answer has so far, too. */
            items: components["schemas"]["Item"][];
            /** @description Messages that wait for the running answer to end. */
            queued: components["schemas"]["QueuedMessage"][];
            /**
             * Format: int64
             * @description Where to follow on from.
             */
            seq: number;
        };
        /** @description A conversation in the list. */
        ConversationInfo: {
            /** @description Put away. */
            archived: boolean;
            /** @description It waits for the person to say whether something may be done. */
            asks: boolean;
            /** @description Its id. */
            id: string;
            /** @description Kept on top. */
            pinned: boolean;
            /** @description An answer is being made. */
            running: boolean;
            /** @description The subagent that works here; without one, it is a conversation of the person's own. */
            subagent?: string | null;
            /** @description How hard it thinks: `low`, `medium` or `high`; without it, as its provider thinks best. */
            thinking?: string;
            /** @description Which model answers here. */
            tier?: components["schemas"]["Tier"];
            /** @description Its title; `""` until something was said. */
            title: string;
            /**
             * Format: int64
             * @description UTC seconds.
             */
            updated_at: number;
        };
        /** @description What to change of a conversation; what is not named stays. */
        ConversationPatch: {
            /** @description Put it away. */
            archived?: boolean | null;
            /** @description Keep it on top. */
            pinned?: boolean | null;
            /** @description How hard that thinks: `low`, `medium` or `high`; `""` for as its provider thinks best. */
            thinking?: string | null;
            tier?: components["schemas"]["Tier"] | null;
            /** @description Its title. */
            title?: string | null;
        };
        /** @description A person's conversations, the latest first. */
        ConversationsReply: {
            /** @description All of them, archived ones too. */
            conversations: components["schemas"]["ConversationInfo"][];
        };
        /** @description The first account. */
        CreateOwnerRequest: {
            /** @description The claim code. */
            code: string;
            /** @description What they are called. */
            name: string;
            /** @description At least 10 characters. */
            password: string;
            /** @description What they sign in with. */
            username: string;
        };
        /** @description A person to add. */
        CreateUserRequest: {
            name: string;
            /** @description Their first password; they are asked to change it. */
            password: string;
            /** @description `admin` or `member`. */
            role: "owner" | "admin" | "member";
            username: string;
        };
        /**
         * @description Yes or no.
         * @enum {string}
         */
        Decision: "approve" | "deny";
        /** @description A mounted file system. */
        DiskInfo: {
            /** @description What it is: `/dev/sda1`. */
            device: string;
            /**
             * Format: int64
             * @description Bytes that can still be written.
             */
            free: number;
            /** @description `ext4`, `btrfs`, … */
            kind: string;
            /** @description Where it is mounted. */
            mount: string;
            /**
             * Format: int64
             * @description Bytes.
             */
            total: number;
        };
        /** @description A network a container is on. */
        DockerAttached: {
            /** @description The container's address there, or `""`. */
            address: string;
            /** @description Its name. */
            name: string;
        };
        /** @description A container. */
        DockerContainer: {
            /**
             * Format: int64
             * @description When it was made, UTC seconds.
             */
            created_at: number;
            /** @description `starting`, `healthy`, `unhealthy`, or `""` without a check. */
            health: string;
            /** @description Its id. */
            id: string;
            /** @description The image it was made from. */
            image: string;
            /** @description Its name. */
            name: string;
            /** @description Whose it is. */
            owner: components["schemas"]["DockerOwner"];
            /** @description Ports of this machine that lead to it. */
            ports: components["schemas"]["DockerPort"][];
            /** @description Its service in a compose project, or `""`. */
            service: string;
            /**
             * Format: int64
             * @description Since when it runs, UTC seconds; 0 while it does not.
             */
            started_at: number;
            /** @description `created`, `running`, `paused`, `restarting`, `removing`, `exited` or `dead`. */
            state: string;
        };
        /** @description Everything about one container. */
        DockerDetail: {
            /** @description The compose file it was made from, as the one who made it says, or `""`. */
            compose_file: string;
            /** @description The line in the list. */
            container: components["schemas"]["DockerContainer"];
            /** @description Its environment. */
            environment: components["schemas"]["DockerVariable"][];
            /** @description Why Docker could not start it, or `""`. */
            error: string;
            /**
             * Format: int64
             * @description Exit code of the last run; -1 before the first end and while it runs.
             */
            exit_code: number;
            /** @description What is mounted. */
            mounts: components["schemas"]["DockerMount"][];
            /** @description Networks it is on: name and address. */
            networks: components["schemas"]["DockerAttached"][];
            /** @description It was ended for want of memory. */
            out_of_memory: boolean;
            /**
             * Format: int32
             * @description How often it was started again.
             */
            restarts: number;
        };
        /** @description Something that happened in Docker: one line of the stream. */
        DockerEvent: {
            /** @description What, in Docker's words: `create`, `start`, `die`, `destroy`, … */
            action: string;
            /**
             * Format: int64
             * @description When, UTC seconds.
             */
            at: number;
            /** @description Of a network, the name or id of the container that joined or left it, or `""`. */
            container: string;
            /**
             * Format: int64
             * @description Of a container that ended, its exit code; -1 otherwise.
             */
            exit_code: number;
            /** @description Of what: its id, the name of a volume, the reference of an image. */
            id: string;
            /** @description `container`, `image`, `volume`, `network` or `other`. */
            kind: string;
            /** @description Its name, or `""`. */
            name: string;
        };
        /** @description An image. */
        DockerImage: {
            /**
             * Format: int64
             * @description When it was made, UTC seconds.
             */
            created_at: number;
            /** @description Its id. */
            id: string;
            /** @description The apps that need it to start, or to be brought back to what they were. */
            kept_for: string[];
            /**
             * Format: int64
             * @description Bytes, those that it shares with other images too.
             */
            size: number;
            /** @description Its names; none when another image has them now. */
            tags: string[];
            /** @description The names of the containers made from it. */
            used_by: string[];
        };
        /** @description Something mounted in a container. */
        DockerMount: {
            /** @description `bind`, `volume` or `tmpfs`. */
            kind: string;
            /** @description The path on this machine, or the volume. */
            source: string;
            /** @description The path in the container. */
            target: string;
            /** @description Writable from inside. */
            writable: boolean;
        };
        /** @description A network. */
        DockerNetwork: {
            /** @description `bridge`, … */
            driver: string;
            /** @description Its id. */
            id: string;
            /** @description No way out. */
            internal: boolean;
            /** @description Its name. */
            name: string;
            /** @description Whose it is. */
            owner: components["schemas"]["DockerOwner"];
            /** @description Its address ranges. */
            subnets: string[];
            /** @description The names of the containers on it. */
            used_by: string[];
        };
        /** @description Everything that is in Docker, whoever made it. */
        DockerOverview: {
            /** @description Containers, running or not. */
            containers: components["schemas"]["DockerContainer"][];
            /** @description Images. */
            images: components["schemas"]["DockerImage"][];
            /** @description Networks. */
            networks: components["schemas"]["DockerNetwork"][];
            /** @description Volumes. */
            volumes: components["schemas"]["DockerVolume"][];
        };
        /** @description Whose something in Docker is. */
        DockerOwner: {
            /** @description The app's id, or the project's name; `""` for the others. */
            id: string;
            /**
             * @description `app` (of this LivOS), `adopted` (somebody else's, looked after here), `stack` (a compose project of somebody else), `livos` (of another LivOS), `docker`
             *     (its own) or `nobody` (made by itself).
             */
            kind: string;
            /** @description What people call it. */
            name: string;
        };
        /** @description What would happen, thing by thing. */
        DockerPlan: {
            /** @description In the order that was asked for. What is gone by now is left out. */
            steps: components["schemas"]["DockerStep"][];
        };
        /** @description A published port. */
        DockerPort: {
            /** @description The address on this machine, or `""` for all. */
            address: string;
            /**
             * Format: int32
             * @description The port in the container.
             */
            inside: number;
            /**
             * Format: int32
             * @description The port on this machine.
             */
            port: number;
            /** @description `tcp`, `udp` or `sctp`. */
            protocol: string;
        };
        /** @description What running containers use, to be compared with what was said a moment before. */
        DockerStats: {
            /** @description Those that run. */
            samples: components["schemas"]["DockerUsage"][];
        };
        /** @description What would happen to one thing. */
        DockerStep: {
            /** @description What to send back to agree: it stands for exactly what is said here. */
            code: string;
            /** @description What happens, in words. */
            detail: string;
            /** @description What goes exists nowhere else, and cannot be had again. */
            for_good: boolean;
            /** @description Its full id; of a volume, its name. */
            id: string;
            /** @description `container`, `image`, `volume` or `network`. */
            kind: string;
            /** @description What people call it. */
            name: string;
            /** @description Why it cannot be done, and what to do instead; `""` if it can. */
            refused: string;
            /**
             * Format: int64
             * @description Bytes that become free at most; 0 when nobody knows.
             */
            size: number;
        };
        /** @description Something in Docker that is to be acted on. */
        DockerThing: {
            /** @description The code of the [`DockerStep`] that is agreed to; `""` to ask for it. */
            code?: string;
            /** @description Its full id; of a volume, its name. */
            id: string;
            /** @description `container`, `image`, `volume` or `network`. */
            kind: string;
        };
        /** @description What one container uses. */
        DockerUsage: {
            /**
             * Format: int64
             * @description Time of processors that it has used so far, nanoseconds.
             */
            cpu_ns: number;
            /** @description Its id. */
            id: string;
            /**
             * Format: int64
             * @description The same of the whole machine. The share of a span of time is the one's growth by the other's.
             */
            machine_ns: number;
            /**
             * Format: int64
             * @description Bytes of memory in use, without what the kernel gives up at once when it is needed.
             */
            memory: number;
            /**
             * Format: int64
             * @description The most it may use; of one without a limit, what the machine has.
             */
            memory_limit: number;
            /**
             * Format: int64
             * @description How many processes and threads it has.
             */
            processes: number;
        };
        /** @description A variable of a container. */
        DockerVariable: {
            /** @description It looks like a secret, and is shown only to those who ask for it. */
            hidden: boolean;
            /** @description Its name. */
            name: string;
            /** @description Its value; `""` when it is hidden. */
            value: string;
        };
        /** @description A volume. */
        DockerVolume: {
            /** @description Nobody gave it a name. */
            anonymous: boolean;
            /** @description `local`, … */
            driver: string;
            /** @description Its name. */
            name: string;
            /** @description Whose it is. */
            owner: components["schemas"]["DockerOwner"];
            /** @description Where its contents are on this machine. */
            path: string;
            /** @description The names of the containers that mount it. */
            used_by: string[];
        };
        /** @description A name on the internet that leads here. */
        Domain: {
            /** @description Whom the authority may write to; `""` for nobody, and for those who do not run this server. */
            email: string;
            /** @description `home.example.org`. */
            name: string;
            /** @description Its own name first, then the apps', by name. */
            names: components["schemas"]["PublicName"][];
        };
        /** @description A name on the internet. */
        DomainRequest: {
            /** @description Whom the one who issues certificates may write to; `""` for nobody. */
            email?: string;
            /** @description `home.example.org`. */
            name: string;
        };
        /** @description Who is to make vectors. */
        EmbeddingsBody: {
            /** @description The model there that makes them; this server has but one. */
            model?: string;
            /** @description A provider that is set up, or `this-server`. */
            provider: string;
        };
        /** @description Who makes vectors, and how far that is. */
        EmbeddingsInfo: {
            /**
             * Format: int64
             * @description How often it was asked this month.
             */
            calls: number;
            /**
             * Format: int64
             * @description When it last did, UTC seconds.
             */
            checked_at: number;
            /**
             * Format: int64
             * @description So much of it has a vector of this model.
             */
            embedded: number;
            /**
             * Format: int64
             * @description So much is remembered, of everybody.
             */
            entries: number;
            /** @description The model that makes them. */
            model: string;
            problem?: components["schemas"]["Problem"] | null;
            /** @description The provider's id, or `this-server`. */
            provider: string;
            /**
             * Format: int64
             * @description The tokens that took, as far as it says.
             */
            tokens: number;
        };
        /** @description Who makes vectors of what is remembered, so that it is found by meaning as well; and who could. */
        EmbeddingsReply: {
            /** @description Providers that are set up and can. */
            candidates: components["schemas"]["VectorProvider"][];
            embeddings?: components["schemas"]["EmbeddingsInfo"] | null;
        };
        /** @description Whether Docker can be used. */
        EngineStatus: {
            /** @description Its architecture: `amd64`, `arm64`. */
            architecture: string;
            /** @description If not: why, and what to do. */
            reason: string;
            /** @description It can. */
            usable: boolean;
            /** @description Its version. */
            version: string;
        };
        /** @description One file or folder. */
        EntryInfo: {
            /** @description `file`, `dir`, `symlink` or `other`. */
            kind: "file" | "dir" | "symlink" | "other";
            /** @description By its extension; `""` for folders. */
            media_type: string;
            /**
             * Format: int64
             * @description UTC seconds.
             */
            modified_at: number;
            /** @description The last name of the path, or the place's label. */
            name: string;
            /** @description Its path there; names that are not UTF-8 are escaped (see livos-types). */
            path: string;
            /** @description Changes whenever the contents may have: inode, size and time. */
            revision: string;
            /** @description The place it lies in. */
            root: string;
            /**
             * Format: int64
             * @description Bytes.
             */
            size: number;
            /** @description This person may change it. */
            writable: boolean;
        };
        /** @description Every refusal and failure looks like this. */
        ErrorBody: {
            /** @description For machines: `invalid`, `denied`, `not_found`, `conflict`, `unavailable`, `internal`, or finer. */
            code: string;
            /** @description More, when there is more to say. */
            detail?: string | null;
            /** @description For people: what failed, why, what to do next. */
            message: string;
            /** @description Finds this request in the log. */
            request_id: string;
            /**
             * Format: int64
             * @description Seconds to wait before trying again.
             */
            retry_after?: number | null;
        };
        /**
         * @description What can happen on a server.
         * @enum {string}
         */
        EventKind: "app_problem" | "app_stopped" | "app_started" | "app_update" | "container_stopped" | "container_unhealthy" | "unit_failed" | "journal_line";
        /** @description How this server is reached. */
        Exposure: {
            /** @description Its address in the home network; `""` if it has none. */
            address: string;
            /** @description Under its names in the house and its addresses, plain HTTP leads to HTTPS. */
            always: boolean;
            authority?: components["schemas"]["Authority"] | null;
            /** @description What that means and what to do about it; `""` while it is on. */
            detail: string;
            domain?: components["schemas"]["Domain"] | null;
            /**
             * Format: int32
             * @description The port of plain HTTP.
             */
            http_port: number;
            /**
             * @description `on`, `off` (the configuration says so), `port_taken` (another program has its port) or `away` (Caddy does not
             *     answer).
             */
            https: string;
            /** @description Its names in the house. */
            names: string[];
            /**
             * Format: int32
             * @description The port of HTTPS.
             */
            port: number;
        };
        /** @description A page that was found. */
        FoundPage: {
            /** @description Its title, in a stranger's words. */
            title: string;
            /** @description Where it is. */
            url: string;
        };
        /** @description How the server is. */
        Health: {
            /** @description Each daemon: `ok` or `down`. */
            services: {
                [key: string]: string;
            };
            /** @description `ok`: the edge answers. */
            status: string;
            /** @description The version of the edge. */
            version: string;
        };
        /** @description How busy the machine is. */
        HostLoad: {
            /**
             * Format: int32
             * @description Processors.
             */
            cpus: number;
            /**
             * Format: double
             * @description How many of them were wanted at once, on average over the last minute; more than there are when work waits.
             */
            load: number;
            /**
             * Format: int64
             * @description Bytes.
             */
            memory_available: number;
            /**
             * Format: int64
             * @description Bytes.
             */
            memory_total: number;
        };
        /** @description Which version of its image a service has. */
        ImageSetting: {
            /** @description The image without its tag. */
            image: string;
            /** @description The service. */
            service: string;
            /** @description The tag that the store says. */
            store: string;
            /** @description The tag that it has; another one than the store's means that the app is not updated. */
            tag: string;
        };
        /** @description A choice. */
        InputOption: {
            /** @description What people read. */
            label: string;
            /** @description What to send back. */
            value: string;
        };
        /** @description An app to install. */
        InstallRequest: {
            /** @description The codes of the permissions they agreed to. */
            accept: string[];
            /** @description What the person answered, by input key. */
            answers: {
                [key: string]: string;
            };
            /** @description Its id there. */
            app: string;
            /** @description It is to control Docker instead of only looking, which is a permission of its own. */
            docker_control?: boolean;
            /** @description The store it comes from. */
            store: string;
        };
        /** @description An installed app. */
        InstalledApp: {
            /** @description Somebody else made it, and it is looked after here; it has no store, no page and no version. */
            adopted?: boolean;
            /** @description First account. */
            default_username: string;
            /** @description The reason, in words, when there is a problem. */
            detail: string;
            /** @description Its name on the internet, `jellyfin.home.example.org`, if this server has a domain; else `""`. */
            domain?: string;
            /** @description Its containers come from a compose file of its owner's instead of its store's; it is not updated. */
            edited?: boolean;
            /** @description Host name and port under which Caddy serves it: `jellyfin.localhost:8080`; `""` if it has no page. */
            host: string;
            /** @description Where its icon is. */
            icon: string;
            /** @description Its id. */
            id: string;
            /**
             * Format: int64
             * @description UTC seconds.
             */
            installed_at: number;
            /** @description Its name. */
            name: string;
            /** @description The page to open there: `/web/`. */
            path: string;
            /** @description It is to stay on the version it has. */
            pinned?: boolean;
            /**
             * Format: int32
             * @description The port of its own on every address of the machine; 0 if none.
             */
            port: number;
            /** @description The version that the latest of them leads to; `""` if there is none. */
            previous?: string;
            /** @description The latest of them is that from before a change of settings. */
            previous_settings?: boolean;
            /**
             * Format: int64
             * @description Until when, UTC seconds; 0 if there is none.
             */
            previous_until?: number;
            /** @description Its containers. */
            services: components["schemas"]["AppService"][];
            /** @description The newer version that its owner does not want, so that it is not offered; `""` if there is none. */
            skipped?: string;
            /** @description `running`, `starting`, `stopped`, `problem`, `installing`, `updating`, `rolling_back` or `removing`. */
            state: "running" | "starting" | "stopped" | "problem" | "installing" | "updating" | "rolling_back" | "removing";
            /** @description The source's id. */
            store: string;
            /** @description The newer version that its store offers; `""` if there is none. */
            update?: string;
            /** @description Its version. */
            version: string;
            /** @description What it can be brought back to, the latest first. */
            ways_back?: components["schemas"]["WayBack"][];
        };
        /** @description Something that was said or done. The same `key` again replaces what was there; a new one comes last. */
        Item: {
            /** @description The person did not write it, but the assistant did, in this conversation. */
            asked_in?: string | null;
            /**
             * Format: int64
             * @description UTC seconds.
             */
            at: number;
            /** @description Tells it from other items. */
            key: string;
            /** @enum {string} */
            kind: "person";
            /** @description What was shown with it. */
            pictures?: components["schemas"]["Picture"][];
            /**
             * Format: int64
             * @description The run it began.
             */
            run: number;
            scheduled?: components["schemas"]["Scheduled"] | null;
            /**
             * Format: int64
             * @description The step of the log that it stands at.
             */
            seq: number;
            /** @description What was written. */
            text: string;
        } | {
            /**
             * Format: int64
             * @description UTC seconds.
             */
            at: number;
            /** @description Tells it from other items. */
            key: string;
            /** @enum {string} */
            kind: "answer";
            problem?: components["schemas"]["Problem"] | null;
            /**
             * Format: int64
             * @description The run it is part of.
             */
            run: number;
            /**
             * Format: int64
             * @description The step of the log that it stands at.
             */
            seq: number;
            /** @description How far it is. */
            state: components["schemas"]["AnswerState"];
            /** @description Markdown. */
            text: string;
            usage?: components["schemas"]["Usage"] | null;
        } | {
            /** @description Tells it from other items. */
            key: string;
            /** @enum {string} */
            kind: "thinking";
            /**
             * Format: int64
             * @description The run it is part of.
             */
            run: number;
            /**
             * Format: int64
             * @description The step of the log that it stands at.
             */
            seq: number;
            /** @description Its words. */
            text: string;
        } | {
            /** @description The model's name for this use. */
            call: string;
            /**
             * Format: int64
             * @description How long it took.
             */
            duration_ms?: number | null;
            /** @description What it was given. */
            input: Record<string, never>;
            /** @description The name of the whole, when that is kept. */
            kept?: string | null;
            /** @description Tells it from other items. */
            key: string;
            /** @enum {string} */
            kind: "tool";
            /** @description The tool. */
            name: string;
            /** @description What it said; cut when it is long. */
            output?: string | null;
            problem?: components["schemas"]["Problem"] | null;
            proposal?: components["schemas"]["Proposal"] | null;
            /**
             * Format: int64
             * @description The run it is part of.
             */
            run: number;
            /**
             * Format: int64
             * @description The step of the log that it stands at.
             */
            seq: number;
            /** @description How far it is. */
            state: components["schemas"]["ToolState"];
            subagent?: components["schemas"]["SubagentWork"] | null;
            /** @description One line for people: "Read the log of jellyfin". */
            summary: string;
        } | {
            /**
             * Format: int64
             * @description UTC seconds.
             */
            at: number;
            /** @description Who says it. */
            by: components["schemas"]["SubagentWork"];
            /** @description It did not come to an end. */
            failed: boolean;
            /** @description Tells it from other items. */
            key: string;
            /** @enum {string} */
            kind: "report";
            /** @description It goes on. */
            progress: boolean;
            /**
             * Format: int64
             * @description The run it is part of; 0 for none.
             */
            run: number;
            /**
             * Format: int64
             * @description The step of the log that it stands at.
             */
            seq: number;
            /** @description Its words, as Markdown. */
            text: string;
        } | {
            /**
             * Format: int64
             * @description UTC seconds.
             */
            at: number;
            /** @description Tells it from other items. */
            key: string;
            /** @enum {string} */
            kind: "condensed";
            /**
             * Format: int64
             * @description Questions, answers and tools that they stand for.
             */
            messages: number;
            /**
             * Format: int64
             * @description The run it is part of.
             */
            run: number;
            /**
             * Format: int64
             * @description The step of the log that it stands at.
             */
            seq: number;
            /** @description A model shortened them. */
            shortened: boolean;
            /** @description The notes. */
            text: string;
            usage?: components["schemas"]["Usage"] | null;
        };
        /** @description Files and folders. */
        ItemsRequest: {
            items: components["schemas"]["Location"][];
        };
        /** @description A long piece of work, as every device sees it. */
        JobInfo: {
            /** @description It can be stopped now. */
            cancellable: boolean;
            /**
             * Format: int64
             * @description UTC seconds.
             */
            created_at: number;
            /** @description More on the step: "layer 3 of 7". */
            detail: string;
            /**
             * Format: int64
             * @description Units done.
             */
            done: number;
            /** @description Why it failed, for machines. */
            error_code: string;
            /** @description Why it failed, for people. */
            error_message: string;
            /**
             * Format: int64
             * @description UTC seconds.
             */
            finished_at: number;
            /** @description `apps-12`. */
            id: components["schemas"]["String"];
            /** @description `app.install`, `files.copy`, … */
            kind: string;
            /**
             * Format: int64
             * @description Units per second.
             */
            rate: number;
            /** @description It can be tried again. */
            retryable: boolean;
            /**
             * Format: int64
             * @description UTC seconds.
             */
            started_at: number;
            /** @description The account that started it, or `""`. */
            started_by: string;
            /** @description `queued`, `running`, `succeeded`, `failed` or `cancelled`. */
            state: components["schemas"]["String"];
            /** @description The step's word: `checking`, `downloading`, … */
            step: string;
            /**
             * Format: int32
             * @description Number of steps.
             */
            step_count: number;
            /**
             * Format: int32
             * @description Number of the step, from 1.
             */
            step_index: number;
            /** @description What it is about: an app id, a folder. */
            subject: string;
            /** @description One line for people: "Install Jellyfin". */
            title: string;
            /**
             * Format: int64
             * @description Units in all; 0 while unknown.
             */
            total: number;
            /** @description `bytes`, `items` or `""`. */
            unit: string;
        };
        /** @description The job that was begun. */
        JobStarted: {
            /** @description Its id: `apps-12`. */
            job_id: string;
        };
        /**
         * @description What a key may do.
         * @enum {string}
         */
        KeyAccess: "read" | "act";
        /** @description A key to be made. */
        KeyBody: {
            access: components["schemas"]["KeyAccess"];
            /**
             * Format: int32
             * @description For how many days; until it is revoked without it.
             */
            days?: number;
            /** @description What one calls it, by the program it is for. */
            name: string;
            /** @description One's password, again. */
            password: string;
        };
        /** @description A key, without what it opens with. */
        KeyEntry: {
            access: components["schemas"]["KeyAccess"];
            /**
             * Format: int64
             * @description UTC seconds.
             */
            created_at: number;
            /**
             * Format: int64
             * @description UTC seconds; 0 if it does not end by itself.
             */
            expires_at: number;
            id: string;
            /** @description What one calls it. */
            name: string;
            /**
             * Format: int64
             * @description UTC seconds; 0 if never.
             */
            used_at: number;
        };
        /** @description A key that was made. */
        KeyMade: {
            entry: components["schemas"]["KeyEntry"];
            /** @description The key itself, which is shown this once. */
            key: string;
        };
        /** @description A model's price and where it is known from. */
        KnownPrice: components["schemas"]["ModelPrice"] & {
            /**
             * @description When the price list that LivOS brings along read it at the provider: `2026-11`. Without it, an admin entered
             *     the price.
             */
            date?: string | null;
        };
        /** @description A budget as it binds somebody today. */
        Limit: components["schemas"]["Budget"] & {
            /**
             * Format: int64
             * @description Millionths of a US dollar of today, the same.
             */
            used_money: number;
            /**
             * Format: int64
             * @description Tokens of today, those that are set aside included.
             */
            used_tokens: number;
        };
        /** @description A whole folder. */
        Listing: {
            /** @description `[name, kind, size in bytes, modified_at in UTC seconds]`, kind 0 file, 1 folder, 2 symlink, 3 other. */
            entries: [
                string,
                number,
                number,
                number
            ][];
            /** @description The path there. */
            path: string;
            /** @description Changes whenever the folder does. */
            revision: string;
            /** @description The place. */
            root: string;
            /**
             * Format: int64
             * @description Number of entries; always all of them.
             */
            total: number;
        };
        /** @description A file or folder by its place. */
        Location: {
            /** @description The path there; `""` is the place itself. */
            path: string;
            /** @description The place. */
            root: string;
        };
        /** @description The most memory that a service gets. */
        MemorySetting: {
            /**
             * Format: int64
             * @description Bytes, as it is; 0 if there is no limit.
             */
            limit: number;
            /** @description The service. */
            service: string;
            /**
             * Format: int64
             * @description Bytes, as the store says; 0 if there is no limit.
             */
            store: number;
        };
        /** @description A message. */
        MessageRequest: {
            /** @description The ids of what to show with it, at most four. */
            pictures?: string[];
            /** @description What to say, at most 32 KiB; `""` with a picture. */
            text: string;
        };
        /** @description A model at a provider. */
        ModelName: {
            /** @description The model's name there. */
            model: string;
            /** @description The provider's id. */
            provider: string;
        };
        /** @description What a model costs: millionths of a US dollar for a million tokens. */
        ModelPrice: {
            /**
             * Format: int64
             * @description Read and written to its provider's cache.
             */
            cache_written: number;
            /**
             * Format: int64
             * @description Read from its provider's cache.
             */
            cached: number;
            /**
             * Format: int64
             * @description Read by the model.
             */
            input: number;
            /**
             * Format: int64
             * @description Written by it, thinking included.
             */
            output: number;
        };
        /** @description A port that is not the one that a store asks for. */
        MovedPort: {
            /**
             * Format: int32
             * @description The one that the store asks for.
             */
            asked: number;
            /** @description The app that has the one asked for; `""` if it is no app's, or if that is past. */
            by: string;
            /**
             * Format: int32
             * @description The one in its place; 0 if there can be none, so that the one asked for must be free first.
             */
            given: number;
            /** @description `8096/tcp`, or `page` for the port of the app's page. */
            key: string;
        };
        /** @description A subagent to be made. */
        NewSubagent: {
            /** @description What it is for. */
            description: string;
            /** @description What it is named by: a-z, 0-9 and -. */
            id: string;
            /** @description What it is told beside each task. */
            instructions: string;
            /** @description What it is called. */
            name: string;
            /** @description The only tools it has; `null` for all that a subagent can have. */
            tools?: string[] | null;
            /**
             * Format: int32
             * @description How often its model is asked in one run, 1 to 30.
             */
            turns: number;
        };
        /** @description What is known of a write with an `Idempotency-Key`. */
        OutcomeView: {
            /** @description The body it was answered with. */
            body: Record<string, never>;
            /** @description `done`, or `unknown` while it is being worked on or when the server was stopped in the middle. */
            state: string;
            /**
             * Format: int64
             * @description The HTTP status it was answered with; 0 while unknown.
             */
            status: number;
        };
        /** @description The owner is signed in. */
        OwnerCreatedReply: components["schemas"]["SessionInfo"] & {
            /** @description Shown once; each is good once. */
            recovery_codes: string[];
        };
        /** @description A new password. */
        PasswordRequest: {
            current: string;
            /** @description At least 10 characters. */
            new: string;
        };
        /** @description Something an app is allowed to reach. */
        Permission: {
            /** @description What to send back to agree. */
            code: string;
            /** @description `low`, `medium` or `high`. */
            risk: string;
            /** @description In words. */
            text: string;
        };
        /** @description What one person used. */
        PersonSpending: components["schemas"]["Spent"] & {
            /** @description What binds them today. */
            limits: components["schemas"]["Limit"][];
            /** @description For what, with which model; what cost most comes first. */
            parts: components["schemas"]["SpendingPart"][];
            /** @description Their id. */
            person: string;
            /** @description Their user name when they last used one. */
            username: string;
        };
        /** @description A picture that a person gave. Its bytes are had by its id. */
        Picture: {
            /**
             * Format: int32
             * @description In pixels.
             */
            height: number;
            /** @description Its name in the conversation, made of its bytes. */
            id: string;
            /** @description What its bytes say it is: `image/png`, `image/jpeg`, `image/webp` or `image/gif`. */
            kind: string;
            /**
             * Format: int64
             * @description How many bytes it has.
             */
            size: number;
            /**
             * Format: int32
             * @description In pixels.
             */
            width: number;
        };
        /** @description A published port. */
        PortSetting: {
            /**
             * Format: int32
             * @description The port in its container.
             */
            inside: number;
            /** @description What to send back: `8096/tcp`, or `page` for the port that the app's page has on every address. */
            key: string;
            /**
             * Format: int32
             * @description The port that it has.
             */
            port: number;
            /** @description The service that is behind it. */
            service: string;
            /**
             * Format: int32
             * @description The port that the store asks for; 0 if any would do.
             */
            store: number;
        };
        /** @description What a model costs: millionths of a US dollar for a million tokens. */
        PriceBody: {
            /**
             * Format: int64
             * @description Written to its provider's cache; as if it were not there, if left out.
             */
            cache_written?: number | null;
            /**
             * Format: int64
             * @description Read from its provider's cache; as if it were not there, if left out.
             */
            cached?: number | null;
            /**
             * Format: int64
             * @description Read by the model.
             */
            input: number;
            /**
             * Format: int64
             * @description Written by it.
             */
            output: number;
        };
        /** @description Why something did not work out. */
        Problem: {
            /** @description `key_refused`, `rate_limited`, `unreachable`, `model_missing`, `limit`, `interrupted` or `internal`. */
            code: string;
            /** @description What happened, and what to do. */
            message: string;
            /**
             * Format: int64
             * @description Seconds to wait before trying again.
             */
            retry_after?: number | null;
        };
        /** @description Something that the agent would like done. It is done by the edge, once, and only as it stands here. */
        Proposal: {
            /** @description What would be done. */
            action: components["schemas"]["ProposedAction"];
            /** @description The conversation that asked that subagent and waits for it: what is forbidden there is forbidden here. */
            asked_in?: string | null;
            /**
             * Format: int64
             * @description UTC seconds.
             */
            at: number;
            /** @description The conversation that waits for it. */
            conversation: string;
            /**
             * Format: int64
             * @description Until when it can be agreed to, UTC seconds.
             */
            expires_at: number;
            /** @description Names it, and keeps it from being done twice. */
            id: string;
            /** @description The job that does it. */
            job?: string | null;
            /** @description What else is agreed to with it: what an app may reach, a sentence each. */
            notes?: string[];
            /** @description What came of it. */
            outcome?: string | null;
            /**
             * Format: int64
             * @description The run that waits for it.
             */
            run: number;
            /** @description How far it is. */
            state: components["schemas"]["ProposalState"];
            /** @description The subagent that proposes it, if one does. */
            subagent?: string | null;
            /** @description On what: "Jellyfin". */
            subject: string;
            /** @description The same in a line for people: "Restart Jellyfin". */
            summary: string;
            /** @description What a stranger may have written was read before it was proposed, so a rule does not answer it. */
            tainted: boolean;
            undo?: components["schemas"]["ProposedAction"] | null;
            undoing?: components["schemas"]["Undoing"] | null;
            /** @description It was taken back. */
            undone: boolean;
            /** @description Why, in the agent's words. */
            why: string;
        };
        /**
         * @description How far a proposal is.
         * @enum {string}
         */
        ProposalState: "waiting" | "working" | "unknown" | "done" | "failed" | "denied" | "expired" | "withdrawn";
        /** @description What waits for a person's answer, or is being done with it. */
        ProposalsReply: {
            /** @description The oldest first. */
            proposals: components["schemas"]["Proposal"][];
        };
        /** @description Exactly what would be done. What a person agrees to and what is done are compared by it. */
        ProposedAction: {
            /** @description What it is done with. */
            arguments: Record<string, never>;
            /** @description The tool, which is the verb as well: `apps_restart`. */
            tool: string;
        };
        /** @description A provider as it is to be. */
        ProviderBody: {
            /** @description Where it is. */
            base_url: string;
            /** @description `anthropic`, `chat_completions`, `responses` or `gemini`. */
            dialect: "anthropic" | "chat_completions" | "responses" | "gemini";
            /** @description Its key; without one, the key there is stays. */
            key?: string | null;
            /** @description What people call it. */
            label: string;
            /** @description The model to use. */
            model: string;
        };
        /** @description A provider of models. Its key is never answered. */
        ProviderInfo: {
            /** @description Where it is. */
            base_url: string;
            /**
             * Format: int64
             * @description When it last answered as it should, UTC seconds.
             */
            checked_at?: number | null;
            /** @description It is the one that answers. */
            default: boolean;
            /** @description `anthropic`, `chat_completions`, `responses` or `gemini`. */
            dialect: "anthropic" | "chat_completions" | "responses" | "gemini";
            /** @description Its name for us. */
            id: string;
            /** @description `set` or `none`. */
            key: "set" | "none";
            /** @description What people call it. */
            label: string;
            /** @description The model in use. */
            model: string;
            price?: components["schemas"]["KnownPrice"] | null;
            problem?: components["schemas"]["Problem"] | null;
            /** @description It answers where that is asked for; `usual` for nothing special. */
            tier?: components["schemas"]["Tier"];
        };
        /** @description A provider that is known beforehand. */
        ProviderPreset: {
            /** @description Where it is. */
            base_url: string;
            /** @description `anthropic`, `chat_completions`, `responses` or `gemini`. */
            dialect: "anthropic" | "chat_completions" | "responses" | "gemini";
            /** @description Its name for us. */
            id: string;
            /** @description What people call it. */
            label: string;
            /** @description Models to choose from; others can be typed. */
            models: string[];
            /** @description It wants a key. */
            needs_key: boolean;
        };
        /** @description The providers there are, and ones that are easily added. */
        ProvidersReply: {
            /** @description To begin with. */
            presets: components["schemas"]["ProviderPreset"][];
            /** @description Set up. */
            providers: components["schemas"]["ProviderInfo"][];
        };
        /** @description One of its names, and whether there is a certificate for it. */
        PublicName: {
            /** @description The app's id; `""` for the desktop. */
            app: string;
            /** @description `jellyfin.home.example.org`. */
            name: string;
            /** @description What to do about it; `""` if there is nothing to do. */
            next: string;
            /** @description Why there is none, as far as anybody said so. */
            reason: string;
            /** @description `ready`, `fetching`, `failed`, or `off` while there is no HTTPS. */
            state: string;
        };
        /** @description A message that waits. */
        QueuedMessage: {
            /**
             * Format: int64
             * @description UTC seconds.
             */
            at: number;
            /** @description What was shown with it. */
            pictures?: components["schemas"]["Picture"][];
            /**
             * Format: int64
             * @description The run it will begin.
             */
            run: number;
            /** @description What was written. */
            text: string;
        };
        /** @description A file that somebody opened or changed lately. */
        RecentFile: {
            /** @description The file. */
            entry: components["schemas"]["EntryInfo"];
            /**
             * Format: int64
             * @description When, in UTC seconds.
             */
            used_at: number;
        };
        /** @description What is to be removed */
        ReclaimBody: {
            /** @description The codes of the lines that are agreed to. */
            codes: string[];
        };
        /** @description Something in Docker that nothing uses. */
        ReclaimItem: {
            /** @description What to send back to agree: it stands for exactly this line. */
            code: string;
            /** @description What people should know of it before they agree. */
            detail: string;
            /** @description `image`, `container` or `volume`. */
            kind: string;
            /** @description Its name, or the beginning of its id. */
            name: string;
            /** @description It can be had again: what people are offered. The others hold what exists nowhere else. */
            safe: boolean;
            /**
             * Format: int64
             * @description Bytes that are freed at most; 0 when nobody knows.
             */
            size: number;
        };
        /** @description What could be removed from Docker to get room, line by line. */
        ReclaimReply: {
            /** @description The lines, the largest first. */
            items: components["schemas"]["ReclaimItem"][];
        };
        /** @description Ten codes, each good once; shown once. */
        RecoveryCodes: {
            recovery_codes: string[];
        };
        /** @description Servers that a public registry knows. */
        RegistryReply: {
            /** @description Those that can be used here. */
            found: components["schemas"]["RegistryServer"][];
            /**
             * Format: int32
             * @description So many more can not be used as they are: they are containers, or want to be filled in first.
             */
            others: number;
            /** @description Where it was looked. */
            registry: string;
        };
        /** @description A server in a registry, in the words of whoever entered it. Nobody has looked at it. */
        RegistryServer: {
            /** @description The program that it is, fetched when it runs; none for one that is at an address. */
            command: string[];
            /** @description What it is for. */
            description: string;
            /** @description The names of the headers, or of the variables, it wants. */
            headers: string[];
            /** @description What the registry calls it: `io.github.ada/notes`. */
            name: string;
            /** @description Where it is; `""` for a program. */
            url: string;
            /** @description Which version of it. */
            version: string;
        };
        /** @description A file or folder and its new name. */
        RenameItemRequest: {
            /** @description In the same folder. */
            name: string;
            path: string;
            root: string;
        };
        /** @description What one is called. */
        RenameRequest: {
            name: string;
        };
        /** @description A run once more, made from its log: no model was asked for it, and no tool used. */
        Replay: {
            /** @description The conversation it is part of. */
            conversation: string;
            /** @description It has ended. */
            over: boolean;
            /**
             * Format: int64
             * @description The run.
             */
            run: number;
            /** @description Every step is the one that had to come, and what models were told is what the log says. */
            same: boolean;
            /** @description Its steps, in order. */
            steps: components["schemas"]["ReplayStep"][];
        };
        /**
         * @description What came of going through a step once more.
         * @enum {string}
         */
        ReplayCheck: "follows" | "same" | "differs" | "unchecked";
        /** @description A step of it. */
        ReplayStep: {
            /**
             * Format: int64
             * @description UTC seconds.
             */
            at: number;
            /** @description Whether it is what it had to be. */
            check: components["schemas"]["ReplayCheck"];
            /**
             * Format: int64
             * @description Its place in the conversation's log.
             */
            seq: number;
            /** @description What was done, in a line. */
            what: string;
        };
        /** @description What is back where it was. */
        RestoredReply: {
            restored: components["schemas"]["EntryInfo"][];
        };
        /** @description A place that holds files. */
        RootInfo: {
            /**
             * Format: int64
             * @description Bytes that can still be written.
             */
            free: number;
            /** @description `home`, `shared`, … */
            id: string;
            /** @description `home`, `shared`, `apps` or `drive`. */
            kind: "home" | "shared" | "apps" | "drive" | "trash";
            /** @description What people call it. */
            label: string;
            /**
             * Format: int64
             * @description Bytes of its file system.
             */
            total: number;
            /** @description This person may change files in it. */
            writable: boolean;
        };
        /** @description Something that a person settled beforehand. */
        Rule: {
            /** @description In which conversation; `""` for all of them. */
            conversation: string;
            /** @description For what: `apps_restart`. */
            tool: string;
            /** @description `allow` or `deny`; otherwise one is asked. */
            verdict: string;
        };
        /** @description A rule as it is to be. */
        RuleBody: {
            /** @description In which conversation; all of them without it. */
            conversation?: string;
            /** @description `allow`, `deny`, or `ask`, which is how it is without a rule. */
            verdict: string;
        };
        /** @description One's rules. */
        RulesReply: {
            /** @description All of them. */
            rules: components["schemas"]["Rule"][];
        };
        /** @description The answer that was begun. */
        RunStarted: {
            /**
             * Format: int64
             * @description Its number.
             */
            run: number;
        };
        /** @description What is to be asked later; exactly one of `delay`, `at`, `cron`, `event` and `every` says when. */
        ScheduleBody: {
            /** @description Once, at this time on the clock of the time zone: `2026-11-28T08:00`. */
            at?: string | null;
            /** @description Again and again: minute, hour, day of the month, month, day of the week. */
            cron?: string | null;
            /**
             * Format: int32
             * @description Once, in so many seconds.
             */
            delay?: number | null;
            event?: components["schemas"]["EventKind"] | null;
            /**
             * Format: int32
             * @description A subagent's loop: seconds from the end of one run to the next.
             */
            every?: number | null;
            /**
             * Format: int32
             * @description Of a loop: runs in all.
             */
            most?: number | null;
            /** @description The subagent that is asked; without it, the assistant. */
            subagent?: string | null;
            /** @description To what it happens: an app's id, a container's or a unit's name; without it, to any. */
            subject?: string | null;
            /** @description What is to be asked. */
            task: string;
            /** @description Where the clock hangs: `Europe/Berlin`; without it, the server's own. */
            time_zone?: string | null;
        };
        /** @description Something that a schedule waits for. */
        ScheduleEvent: {
            /** @description What. */
            kind: components["schemas"]["EventKind"];
            /** @description To what: an app's id, a container's name, a unit's name; `""` for any. Of the journal `UNIT PRIORITY: WORDS`. */
            subject: string;
        };
        /** @description One of them. */
        ScheduleInfo: {
            /** @description The conversation in which it was asked for and where its answers are. */
            conversation: string;
            /** @description When, again and again; `""` for once. */
            cron: string;
            /**
             * Format: int64
             * @description Of a loop: runs that were begun.
             */
            done?: number | null;
            event?: components["schemas"]["ScheduleEvent"] | null;
            /**
             * Format: int64
             * @description Of a loop: seconds from the end of one run to the next.
             */
            every?: number | null;
            /** @description Its id. */
            id: string;
            last?: components["schemas"]["ScheduleState"] | null;
            /**
             * Format: int64
             * @description When it came last, UTC seconds.
             */
            last_at?: number | null;
            /**
             * Format: int64
             * @description Of a loop: runs in all.
             */
            most?: number | null;
            /**
             * Format: int64
             * @description When it comes next, UTC seconds; without it, it is paused or over, or waits for something to happen.
             */
            next_at?: number | null;
            /** @description It does not come until it is resumed. */
            paused: boolean;
            /** @description Why it did not come. */
            problem?: string | null;
            /** @description The id of the subagent that is asked, if one is. */
            subagent?: string | null;
            /** @description What is asked. */
            task: string;
            /** @description Where the clock hangs: `Europe/Berlin`. */
            time_zone: string;
        };
        /** @description What to change of a schedule. */
        SchedulePatch: {
            /** @description It does not come until it is resumed. */
            paused: boolean;
        };
        /**
         * @description How the last run of a schedule stands.
         * @enum {string}
         */
        ScheduleState: "running" | "done" | "failed" | "stopped";
        /** @description When something scheduled was to come. */
        Scheduled: {
            /**
             * Format: int64
             * @description UTC seconds.
             */
            due_at: number;
            /** @description It came much later, because the server was off then or it was paused. */
            late: boolean;
        };
        /** @description A person's schedules. */
        SchedulesReply: {
            /** @description Those that come next first. */
            schedules: components["schemas"]["ScheduleInfo"][];
        };
        /** @description Who is to search the web. */
        SearchBody: {
            /** @description Where a SearXNG of one's own is; nothing for the others. */
            base_url?: string;
            /** @description The key; without one, the key there is stays. */
            key?: string | null;
            /** @description `searxng`, `brave` or `tavily`. */
            provider: string;
        };
        /** @description Who searches the web. The key is never answered. */
        SearchInfo: {
            /** @description Where it is. */
            base_url: string;
            /**
             * Format: int64
             * @description When it last answered as it should, UTC seconds.
             */
            checked_at: number;
            /** @description `set` or `none`. */
            key: string;
            /** @description What people call it. */
            label: string;
            problem?: components["schemas"]["Problem"] | null;
            /** @description `searxng`, `brave` or `tavily`. */
            provider: string;
        };
        /** @description What a search found. */
        SearchReply: {
            /** @description False when the search stopped at its limit of time or count. */
            complete: boolean;
            /** @description The finds, in no order. */
            entries: components["schemas"]["EntryInfo"][];
        };
        /** @description What a search engine found when it was tried; it is kept. */
        SearchTried: {
            /** @description Some of what it found. */
            found: components["schemas"]["FoundPage"][];
            /** @description What it was asked. */
            query: string;
            /** @description Who searches from now on. */
            search: components["schemas"]["SearchInfo"];
        };
        /** @description A program of a file that nobody has agreed to yet. */
        ServerAsking: {
            /** @description What is agreed to. */
            digest: string;
            /** @description What it is called here. */
            name: string;
            /** @description What is run. */
            program: components["schemas"]["ServerProgram"];
            /** @description The names of the variables it has. */
            variables: string[];
        };
        /** @description A program that speaks through its input and output. */
        ServerProgram: {
            /** @description Its words, the program first. */
            command: string[];
            /** @description It has the network. */
            network: boolean;
        };
        /** @description A server of a file that was not taken. */
        ServerRefused: {
            /** @description What the file calls it. */
            name: string;
            /** @description Why. */
            why: string;
        };
        /** @description A tool, as it was looked at. */
        ServerToolBody: {
            /** @description Which of its descriptions was looked at. */
            digest?: string;
            /** @description `ask` before each use, `look` (it is used without asking until a stranger's words were read) or `off`. */
            how: string;
            /** @description What the server calls it. */
            tool: string;
        };
        /** @description A tool of another server. */
        ServerToolInfo: {
            before?: components["schemas"]["ToolBefore"] | null;
            /** @description What it is for, in the server's words, which a model is told. */
            description: string;
            /** @description What of it was looked at. */
            digest: string;
            /** @description What a model calls it. */
            known_as: string;
            /** @description What the server calls it. */
            name: string;
            /** @description Why it can't be enabled. */
            refused?: string | null;
            /** @description The server says that it changes nothing. Nobody here believes that. */
            says_it_looks: boolean;
            /** @description The JSON Schema of its arguments, which a model is told. */
            schema: string;
            /** @description `new`, `ask`, `look`, `off`, `changed` (it is not what was agreed to), `gone` or `refused`. */
            state: string;
        };
        /** @description What came of a file of servers. */
        ServersImported: {
            /** @description Programs, which are started only once somebody has agreed to what is run. */
            asking: components["schemas"]["ServerAsking"][];
            /** @description Those that answer and are kept. */
            kept: string[];
            /** @description Those that are not, and why. */
            refused: components["schemas"]["ServerRefused"][];
        };
        /** @description What would differ about a service. */
        ServiceChange: {
            /** @description One by one. */
            changes: components["schemas"]["SettingChange"][];
            /** @description The service. */
            service: string;
        };
        /** @description A daemon. */
        ServiceState: {
            /** @description What is degraded and why, in words. */
            detail: string;
            /** @description `web`, `apps`, … */
            name: string;
            /** @description `ok`, `degraded` or `down`. */
            state: string;
            /** @description Its version; `""` while it is down. */
            version: string;
        };
        /** @description A sign-in. */
        SessionInfo: {
            /**
             * Format: int64
             * @description UTC seconds; renew with POST /api/v1/session/refresh.
             */
            access_expires_at: number;
            /** @description Send it as `X-CSRF-Token` with every request that changes something. */
            csrf: string;
            session_id: string;
            user: components["schemas"]["UserView"];
        };
        /** @description A line of the session list. */
        SessionLine: {
            /** @description Where it began. */
            address: string;
            /** @description What the browser calls itself. */
            agent: string;
            /**
             * Format: int64
             * @description UTC seconds.
             */
            created_at: number;
            /** @description The one that asks. */
            current: boolean;
            id: string;
            /**
             * Format: int64
             * @description UTC seconds.
             */
            last_seen_at: number;
        };
        /** @description One thing that would differ. */
        SettingChange: {
            /** @description What it is; `""` for variables, which may be secrets. */
            from: string;
            /** @description `variable`, `variable_added`, `variable_removed`, `port`, `memory`, `image`, `added`, `removed` or `other`. */
            kind: string;
            /** @description The variable, the port by its key, or the name of something else. */
            name: string;
            /** @description What it would be. */
            to: string;
        };
        /** @description Other settings; what is not said stays as it is */
        SettingsBody: {
            /** @description The codes of the permissions that are agreed to beyond those the app has. */
            accept?: string[];
            /** @description Answers, by input key; an empty one takes back what was answered. */
            answers?: {
                [key: string]: string;
            };
            /** @description What it may do in Docker: `view`, `control`, or `""` for what it may do now. */
            docker?: string;
            /** @description The tag of its image by service; an empty one is what the store says. An app with a tag of its own is not updated. */
            images?: {
                [key: string]: string;
            };
            /** @description The most bytes of memory by service; 0 is what the store says. */
            memory?: {
                [key: string]: number;
            };
            /** @description The ports to publish by what the store asks for (`8096/tcp`), that of the page as `page`; 0 is what the store asks for. */
            ports?: {
                [key: string]: number;
            };
        };
        /** @description Whether the server has an owner. */
        SetupState: {
            /** @description It has. */
            claimed: boolean;
            /** @description What it is called. */
            server_name: string;
        };
        /** @description A folder to share. */
        ShareBody: {
            /** @description The path there. */
            path: string;
            /** @description The place. */
            root: string;
            /** @description Nexus may also change files in it; as it was without it, and no at first. */
            writes?: boolean | null;
        };
        /** @description A folder that a person shares with Nexus. */
        SharedFolder: {
            /** @description There is no such folder just now, so Nexus sees nothing of it. */
            missing: boolean;
            /** @description Its last name. */
            name: string;
            /** @description The path there. */
            path: string;
            /** @description The place. */
            root: string;
            /** @description Nexus may also change files there, each change once its person has agreed to it. */
            writes?: boolean;
        };
        /** @description What becomes of a shell, as its WebSocket says it */
        ShellNews: {
            /** @enum {string} */
            type: "open";
        } | {
            /**
             * Format: int32
             * @description With this exit code, where that is known.
             */
            code?: number | null;
            /** @enum {string} */
            type: "ended";
        } | {
            /** @description For machines. */
            code: string;
            /** @description For people. */
            message: string;
            /** @enum {string} */
            type: "refused";
        } | {
            /** @enum {string} */
            type: "signed_out";
        } | {
            /** @enum {string} */
            type: "stopping";
        };
        /** @description What the page of a shell says about its screen */
        ShellScreen: {
            /**
             * Format: int32
             * @description Characters in a line.
             */
            columns: number;
            /**
             * Format: int32
             * @description Lines.
             */
            rows: number;
            /** @enum {string} */
            type: "size";
        } | {
            /** @description How many. */
            bytes: number;
            /** @enum {string} */
            type: "shown";
        };
        /** @description What somebody signs in with. */
        SignInRequest: {
            password: string;
            /** @description A code of the authenticator app, or a recovery code. */
            totp?: string | null;
            username: string;
        };
        /** @description One of them. */
        SkillInfo: {
            /** @description LivOS brings it along: it can be disabled, and neither changed nor removed. */
            bundled: boolean;
            current?: components["schemas"]["SkillRevision"] | null;
            /** @description The agent uses it. */
            enabled: boolean;
            /** @description What it is called. */
            name: string;
            /** @description Why what is in use can't be. */
            problem?: string | null;
            waiting?: components["schemas"]["SkillRevision"] | null;
        };
        /** @description What to change of a skill. */
        SkillPatch: {
            /** @description Whether the assistant uses it. */
            enabled: boolean;
            /** @description The id of the text that is agreed to; needed to enable it. */
            revision?: string | null;
        };
        /** @description What a skill says at one time. */
        SkillRevision: {
            /** @description What it is for. */
            description: string;
            /** @description The agent wrote it. */
            generated: boolean;
            /** @description The places on the network that it is about. */
            hosts: string[];
            /** @description Made of its text: the same id, the same text to the last letter. */
            id: string;
            /** @description Those of them that there are not. */
            missing: string[];
            /** @description The folders that it is about. */
            paths: string[];
            /** @description It wrote that after it had read what a stranger may have written. */
            tainted: boolean;
            /** @description The whole SKILL.md; in a list it is left out. */
            text?: string;
            /** @description The only tools that are used while it is followed; without it, it does not narrow anything. */
            tools?: string[] | null;
            /** @description Words with which a person asks for it. */
            triggers: string[];
        };
        /** @description A skill to take in. */
        SkillText: {
            /** @description The whole SKILL.md. */
            text: string;
        };
        /** @description A person's skills: those that LivOS brings along, and their own. */
        SkillsReply: {
            /** @description Those that wait to be looked at first. */
            skills: components["schemas"]["SkillInfo"][];
        };
        /** @description The version that is meant */
        SkipBody: {
            /** @description The newer version, as it is offered. */
            version: string;
        };
        /** @description A part of what one person used. */
        SpendingPart: components["schemas"]["Spent"] & {
            /** @description What asked: `chat` or `schedule`. */
            cause: string;
            /** @description The provider and the model, as people call them. */
            model: string;
        };
        /** @description A month of it. */
        SpendingReply: {
            /** @description The budgets that are set; none for somebody who does not run the server. */
            budgets: components["schemas"]["Budget"][];
            /** @description Which month, in UTC: `2026-11`. */
            month: string;
            /** @description Everybody who used a model; only oneself for somebody who does not run the server. */
            people: components["schemas"]["PersonSpending"][];
            /**
             * Format: int64
             * @description When the day's budgets begin anew, UTC seconds.
             */
            renews_at: number;
        };
        /** @description Calls added up. What was set aside for calls that are out, or whose end nobody knows, counts. */
        Spent: {
            /**
             * Format: int64
             * @description How often a model was asked.
             */
            calls: number;
            /**
             * Format: int64
             * @description Millionths of a US dollar, of the calls whose price is known.
             */
            money: number;
            /**
             * Format: int64
             * @description Tokens read and written.
             */
            tokens: number;
            /**
             * Format: int64
             * @description Calls whose price is not known, which are not in `money`.
             */
            unpriced: number;
        };
        /** @description What would become of a compose file. Nothing is touched. */
        StackCheck: {
            /** @description What was looked at on this machine: Docker, memory, disks, what is downloaded. */
            checks?: components["schemas"]["Check"][];
            /** @description What must or may be decided. */
            inputs: components["schemas"]["AppInput"][];
            /**
             * Format: int32
             * @description The most bytes that the compose file may have.
             */
            most: number;
            /** @description Ports that it would get in the place of those that it asks for. */
            moved: components["schemas"]["MovedPort"][];
            /** @description What is wrong with the name, or `""`. */
            name: string;
            /** @description What it can reach; not known while there are errors, or a question without which nothing can be said. */
            permissions: components["schemas"]["Permission"][];
            /** @description What is wrong with the file or worth a word. */
            problems: components["schemas"]["ComposeProblem"][];
            /** @description It can be installed once it is agreed to. */
            ready: boolean;
            /** @description What will run. */
            services: components["schemas"]["CatalogService"][];
        };
        /** @description A compose file that is to become an app. */
        StackRequest: {
            /** @description The codes of the permissions they agreed to. */
            accept?: string[];
            /** @description What the person answered, by variable. */
            answers?: {
                [key: string]: string;
            };
            /** @description The compose file. */
            compose: string;
            /** @description What lies beside it as `.env`, or `""`. */
            env?: string;
            /** @description What it is to be called; becomes its id. */
            name: string;
        };
        /** @description An app in the list of a store. */
        StoreApp: {
            /**
             * Format: int64
             * @description Since when its store offers it, UTC seconds; 0 if since the store was first read.
             */
            added_at?: number;
            /** @description The store's word for its kind. */
            category: string;
            /** @description Who makes it. */
            developer: string;
            /** @description `umbrel`, `casaos`, `runtipi`, `livos` or `compose`. */
            format: string;
            /** @description Where its icon is; not loaded by the desktop. */
            icon: string;
            /** @description The app's id. */
            id: string;
            /** @description It can run here. */
            installable: boolean;
            /** @description It is installed. */
            installed: boolean;
            /** @description Its name. */
            name: string;
            /** @description The source's name. */
            source_label: string;
            /** @description The source's id. */
            store: string;
            /** @description One line. */
            tagline: string;
            /** @description Its version. */
            version: string;
        };
        /** @description The store as a whole. */
        StoreReply: {
            /** @description Every app of every source. */
            apps: components["schemas"]["StoreApp"][];
            /** @description Where they come from. */
            sources: components["schemas"]["StoreSource"][];
        };
        /** @description A source of apps. */
        StoreSource: {
            /**
             * Format: int32
             * @description Number of apps.
             */
            apps: number;
            /** @description Why the last refresh failed, or `""`. */
            error: string;
            /** @description What format it turned out to have. */
            format: string;
            /** @description Its id. */
            id: string;
            /** @description Its name. */
            label: string;
            /**
             * Format: int64
             * @description When it was last read, UTC seconds.
             */
            refreshed_at: number;
            /** @description The directory or git address. */
            url: string;
        };
        String: string;
        /** @description What a subagent is to be. */
        SubagentBody: {
            /** @description What it is for. */
            description: string;
            /** @description What it is told beside each task. */
            instructions: string;
            /** @description What it is called. */
            name: string;
            /** @description The only tools it has; `null` for all that a subagent can have. */
            tools?: string[] | null;
            /**
             * Format: int32
             * @description How often its model is asked in one run, 1 to 30.
             */
            turns: number;
        };
        /** @description One of them. */
        SubagentInfo: {
            /** @description The conversation in which it works. */
            conversation: string;
            /**
             * Format: int64
             * @description UTC seconds.
             */
            created_at: number;
            /** @description What it is for. */
            description: string;
            /** @description What it has done, the latest first; in a list it is left out. */
            history?: components["schemas"]["SubagentRun"][];
            /** @description Its id, which its person gave it. */
            id: string;
            /** @description What it is told beside each task; in a list it is left out. */
            instructions?: string;
            last?: components["schemas"]["ScheduleState"] | null;
            /**
             * Format: int64
             * @description When it was asked last, UTC seconds.
             */
            last_at?: number | null;
            /** @description What it said; in a list only the beginning. */
            last_result?: string;
            /** @description What it is called. */
            name: string;
            /** @description It is at work, or waits for its turn or an answer. */
            running: boolean;
            /**
             * Format: int64
             * @description How often it was asked.
             */
            runs: number;
            /** @description What it is to do later, and its loop. */
            schedules: components["schemas"]["ScheduleInfo"][];
            /** @description The only skills it has; without it, its person's. */
            skills?: string[] | null;
            /** @description A stranger may have had a say in what it is told. */
            tainted: boolean;
            /** @description The only tools it has; without it, those that its person's conversations have, as far as a subagent can have them. */
            tools?: string[] | null;
            /**
             * Format: int32
             * @description How often its model is asked in one run.
             */
            turns: number;
        };
        /** @description What to change of a subagent. */
        SubagentPatch: {
            /** @description What it is to do later does not come until that is resumed. */
            paused: boolean;
        };
        /** @description Something a subagent has done. */
        SubagentRun: {
            /**
             * Format: int64
             * @description When it was taken up, UTC seconds.
             */
            at: number;
            /** @description What it said, as Markdown. */
            result: string;
            /**
             * Format: int64
             * @description The number of the run.
             */
            run: number;
            /** @description How it stands. */
            state: components["schemas"]["ScheduleState"];
            /** @description What was asked. */
            task: string;
        };
        /** @description What a subagent is to do. */
        SubagentTask: {
            /** @description The task; without it, what it would do next. */
            task?: string | null;
        };
        /** @description What a subagent does for another conversation. */
        SubagentWork: {
            /** @description It has ended and changed something. */
            changed?: boolean;
            /** @description The conversation that it works in. */
            conversation: string;
            /** @description What it is called. */
            name: string;
            /**
             * Format: int64
             * @description The run in it.
             */
            run: number;
        };
        /** @description A person's subagents. */
        SubagentsReply: {
            /** @description By name, without instructions and history. */
            subagents: components["schemas"]["SubagentInfo"][];
        };
        /** @description On or off. */
        SwitchBody: {
            /** @description On. */
            on: boolean;
        };
        /** @description The machine and the daemons on it. */
        SystemInfo: {
            architecture: string;
            /** Format: int32 */
            cpus: number;
            /** @description For those who run the server. */
            disks?: components["schemas"]["DiskInfo"][] | null;
            hostname: string;
            kernel: string;
            /** Format: int64 */
            memory_available: number;
            /** Format: int64 */
            memory_total: number;
            os: string;
            services: components["schemas"]["ServiceState"][];
            /** Format: int64 */
            uptime_seconds: number;
        };
        /**
         * @description How much of a model is asked.
         * @enum {string}
         */
        Tier: "fast" | "usual" | "best";
        /** @description What a provider's model is for. */
        TierBody: {
            /** @description The tier that it answers for; `usual` takes that back. */
            tier: components["schemas"]["Tier"];
        };
        /** @description The model of a tier. */
        TierModel: {
            /** @description The model's name there. */
            model: string;
            /** @description The provider's id. */
            provider: string;
            /** @description Which tier. */
            tier: components["schemas"]["Tier"];
        };
        /** @description What a tool said of itself when it was agreed to. */
        ToolBefore: {
            /** @description What it was for. */
            description: string;
            /** @description The JSON Schema of its arguments. */
            schema: string;
        };
        /** @description Where a server is. */
        ToolServerBody: {
            /** @description Other headers that it is sent. Without these and a key, those that it is sent now stay. */
            headers?: {
                [key: string]: string;
            } | null;
            /** @description A key that is sent as `Authorization: Bearer …`. */
            key?: string | null;
            program?: components["schemas"]["ServerProgram"] | null;
            /** @description Its address, which may be at home; none for a program. */
            url?: string;
            /** @description Variables that a program has. Without these, those that it has now stay. */
            variables?: {
                [key: string]: string;
            } | null;
        };
        /** @description Such a file. */
        ToolServerFile: {
            /** @description The digests of programs in it that may be run, as an answer named them; with `+network` behind one, it has that. */
            agreed?: string[];
            /** @description What stands in it. */
            text: string;
        };
        /** @description A server. What its headers say is never answered. */
        ToolServerInfo: {
            /**
             * Format: int64
             * @description When it last answered as it should, UTC seconds.
             */
            checked_at: number;
            /** @description The names of the headers it is sent, or of the variables it has. */
            headers: string[];
            /** @description What its tools' names begin with. */
            name: string;
            /** @description Its tools are used, as far as they are enabled. */
            on: boolean;
            problem?: components["schemas"]["Problem"] | null;
            program?: components["schemas"]["ServerProgram"] | null;
            /** @description What it calls itself. */
            title: string;
            /** @description Its tools, by name. */
            tools: components["schemas"]["ServerToolInfo"][];
            /** @description Where it is; `""` for a program. */
            url: string;
        };
        /** @description On or off. */
        ToolServerSwitch: {
            /** @description On. */
            on: boolean;
        };
        /** @description The servers there are. */
        ToolServersReply: {
            /** @description By name. */
            servers: components["schemas"]["ToolServerInfo"][];
        };
        /**
         * @description How far the use of a tool is.
         * @enum {string}
         */
        ToolState: "running" | "done" | "failed";
        /** @description What an authenticator app needs, shown once. */
        TotpOffer: {
            /** @description The same as a picture. */
            qr_svg: string;
            /** @description Base 32, for typing. */
            secret: string;
            /** @description `otpauth://…` */
            uri: string;
        };
        /** @description What a move or copy is asked to do. */
        TransferRequest: {
            /** @description The folder to put it in. */
            destination: components["schemas"]["Location"];
            /** @description What to take. */
            items: components["schemas"]["Location"][];
            /** @description `keep_both`, `replace` or `skip`. */
            on_conflict: "keep_both" | "replace" | "skip";
        };
        /** @description Where the things are in the trash. */
        TrashIdsReply: {
            ids: string[];
        };
        /** @description Things in the trash. */
        TrashIdsRequest: {
            ids: string[];
        };
        /** @description Something in the trash. */
        TrashedItem: {
            /**
             * Format: int64
             * @description UTC seconds.
             */
            deleted_at: number;
            /** @description Its id there. */
            id: string;
            /** @description `file`, `dir`, `symlink` or `other`. */
            kind: "file" | "dir" | "symlink" | "other";
            /** @description Its name. */
            name: string;
            /** @description Where it was. */
            path: string;
            /** @description Where it was. */
            root: string;
            /**
             * Format: int64
             * @description Bytes of a file; 0 for folders.
             */
            size: number;
        };
        /** @description What a person agrees to have put back, exactly as they saw it. */
        UndoAgreed: {
            /** @description The proposal. */
            id: string;
            /** @description What puts it back. */
            undo: components["schemas"]["ProposedAction"];
        };
        /** @description What is to be taken back. */
        UndoBody: {
            /** @description What was done, exactly as it was shown. */
            action: components["schemas"]["ProposedAction"];
        };
        /** @description What a run changed, and what of it can be put back. */
        UndoPlan: {
            /** @description The conversation. */
            conversation: string;
            /** @description In the order in which they are put back: the latest first. */
            steps: components["schemas"]["UndoStep"][];
        };
        /** @description What is to be put back. */
        UndoRunBody: {
            /** @description Those that are ready, exactly as they were shown; 409 `changed` when one is not any more. */
            steps: components["schemas"]["UndoAgreed"][];
        };
        /**
         * @description What can be done about something that was changed.
         * @enum {string}
         */
        UndoState: "ready" | "working" | "undone" | "impossible";
        /** @description Something that a run changed. */
        UndoStep: {
            /** @description What was done. */
            action: components["schemas"]["ProposedAction"];
            /** @description The proposal. */
            id: string;
            /** @description What can be done about it. */
            state: components["schemas"]["UndoState"];
            /** @description On what: "Jellyfin". */
            subject: string;
            /** @description The same in a line for people: "Stop Jellyfin". */
            summary: string;
            undo?: components["schemas"]["ProposedAction"] | null;
            /** @description Why it cannot be put back, or how putting it back went; `""` otherwise. */
            why: string;
        };
        /** @description How it stands with taking something back. */
        Undoing: {
            /** @description What is done for it, exactly as its person agreed to it. */
            action: components["schemas"]["ProposedAction"];
            /** @description The job that does it. */
            job?: string | null;
            /** @description What came of it. */
            outcome?: string | null;
            /** @description `waiting` for its turn, `working`, `done`, `failed`, or `unknown` when LivOS was stopped in the middle. */
            state: components["schemas"]["ProposalState"];
            /** @description What is taken back together says the same here. */
            together: string;
            /**
             * Format: int32
             * @description Its turn among those, from 0.
             */
            turn: number;
        };
        /** @description When updates come by themselves. */
        UpdateAutomatic: {
            /**
             * Format: int32
             * @description At some moment of this hour of the machine's clock, 0 to 23.
             * @default 0
             */
            hour: number;
            /**
             * @description They do.
             * @default false
             */
            on: boolean;
        };
        /** @description What an update is given */
        UpdateBody: {
            /** @description The codes of the new permissions that are agreed to. */
            accept?: string[];
            /** @description Answers to what is asked anew, by input key. */
            answers?: {
                [key: string]: string;
            };
        };
        /** @description What is typed into the sheet of an update. */
        UpdateChecksBody: {
            /** @description Answers to what it asks anew, by key. */
            answers?: {
                [key: string]: string;
            };
        };
        /** @description How an update ended. */
        UpdateOutcome: {
            /**
             * Format: int64
             * @description UTC seconds.
             * @default 0
             */
            at: number;
            /**
             * @description The version before.
             * @default
             */
            from: string;
            /**
             * @description Why it was not kept, a sentence each.
             * @default []
             */
            reasons: string[];
            /**
             * @description `done`, `returned` (the old version runs again) or `failed`; `""` if there was none.
             * @default
             */
            result: string;
            /**
             * @description The version that was to come.
             * @default
             */
            to: string;
        };
        /** @description A package that an update changes. */
        UpdatePackage: {
            /** @description The version that is installed; `""` if it is new. */
            from: string;
            /** @description Its name. */
            name: string;
            /** @description The version that comes. */
            to: string;
        };
        /** @description Why nothing was changed. */
        UpdateProblem: {
            /**
             * @description `offline`, `no_archive`, `locked`, `unfinished`, `no_space`, `no_way_back`, `changed`, `cancelled` or
             *     `failed`; of a file also `not_a_bundle`, `damaged`, `untrusted`, `expired`, `clock`, `no_key`, `older`,
             *     `wrong_machine` or `lacking`; `""` if there is none.
             * @default
             */
            code: string;
            /**
             * @description The cause and what to do, in words.
             * @default
             */
            message: string;
        };
        /** @description An update that was not begun. */
        UpdateSkipped: {
            /** @description For machines: `consent_needed`, `input_needed`, `unsupported`, … */
            code: string;
            /** @description The app. */
            id: string;
            /** @description Its name. */
            name: string;
            /** @description Why, and what to do, in words. */
            reason: string;
        };
        /** @description An update that was begun. */
        UpdateStarted: {
            /** @description The app. */
            id: string;
            /** @description The job. */
            job_id: string;
            /** @description Its name. */
            name: string;
        };
        /** @description How LivOS stands with its own updates. */
        UpdateStatus: {
            /**
             * @description Whether it updates by itself.
             * @default {
             *       "hour": 0,
             *       "on": false
             *     }
             */
            automatic: components["schemas"]["UpdateAutomatic"];
            /**
             * @description The newer version of LivOS that waits; `""` if none is known.
             * @default
             */
            available: string;
            /**
             * @description It can be stopped now, and nothing has changed then.
             * @default false
             */
            cancellable: boolean;
            /**
             * Format: int64
             * @description When the archive was last asked, UTC seconds; 0 if never.
             * @default 0
             */
            checked_at: number;
            /**
             * @description More on the step, as apt says it.
             * @default
             */
            detail: string;
            /**
             * Format: int64
             * @description Bytes still to be downloaded for it.
             * @default 0
             */
            download_bytes: number;
            /**
             * @description The file that it comes from, when somebody chose one; `""` if from an archive.
             * @default
             */
            from_file: string;
            /**
             * @description The version that is installed.
             * @default
             */
            installed: string;
            /**
             * @description `packages` (by apt, here), `appliance` (a new system beside the running one, and a start) or `none` (it was not installed).
             * @default
             */
            kind: string;
            /**
             * @description How the last update ended.
             * @default {
             *       "at": 0,
             *       "from": "",
             *       "reasons": [],
             *       "result": "",
             *       "to": ""
             *     }
             */
            last: components["schemas"]["UpdateOutcome"];
            /**
             * @description What it brings, as its makers say.
             * @default
             */
            notes: string;
            /**
             * @description Every package that an update changes. On an appliance the system's are among them, and may wait when no
             *     newer LivOS does.
             * @default []
             */
            packages: components["schemas"]["UpdatePackage"][];
            /**
             * Format: int32
             * @description How much of the step is done.
             * @default 0
             */
            percent: number;
            /**
             * @description What kept the last check or update from going on.
             * @default {
             *       "code": "",
             *       "message": ""
             *     }
             */
            problem: components["schemas"]["UpdateProblem"];
            /**
             * @description `idle`, `asked`, `receiving` (a file is taken over), `checking`, `downloading`, `saving`, `installing`, `judging` or `returning`.
             * @default
             */
            state: string;
            /**
             * Format: int32
             * @description Number of the step, from 1; 0 when nothing goes on.
             * @default 0
             */
            step: number;
            /**
             * Format: int32
             * @description Number of steps.
             * @default 0
             */
            steps: number;
        };
        /** @description Which version to bring LivOS to. */
        UpdateToRequest: {
            /** @description The one that waits, as read before; `""` if only packages of an appliance's system wait. */
            version: string;
        };
        /** @description What to change about a person. */
        UpdateUserRequest: {
            /** @description True: they may not sign in, and all their sessions end. */
            disabled?: boolean | null;
            name?: string | null;
            /** @description `admin` or `member`. */
            role?: "owner" | "admin" | "member";
        };
        /** @description What became of the wish to update every app. */
        UpdatesReply: {
            /** @description The apps that have an update and keep their version for now. */
            skipped: components["schemas"]["UpdateSkipped"][];
            /** @description The updates that were begun, one job each. */
            started: components["schemas"]["UpdateStarted"][];
        };
        /** @description An upload that has begun. */
        UploadInfo: {
            /**
             * Format: int64
             * @description When it is thrown away, UTC seconds.
             */
            expires_at: number;
            /** @description Its id. */
            id: string;
            /** @description The file's name. */
            name: string;
            /**
             * Format: int64
             * @description Bytes that have arrived.
             */
            offset: number;
            /** @description The folder there. */
            path: string;
            /** @description Where it goes. */
            root: string;
            /**
             * Format: int64
             * @description Bytes in all.
             */
            size: number;
        };
        /** @description What one answer took. */
        Usage: {
            /**
             * Format: int64
             * @description Millionths of a US dollar; without it, the price is not known.
             */
            cost?: number | null;
            /**
             * Format: int64
             * @description Tokens read by the model.
             */
            input: number;
            /**
             * Format: int64
             * @description Tokens written by it.
             */
            output: number;
        };
        /** @description An account, without anything secret. */
        UserInfo: {
            /**
             * Format: int64
             * @description UTC seconds.
             */
            created_at: number;
            /** @description They may not sign in. */
            disabled: boolean;
            /** @description Its id. */
            id: string;
            /**
             * Format: int64
             * @description UTC seconds; 0 if never.
             */
            last_seen_at: number;
            /** @description What they are called. */
            name: string;
            /** @description `owner`, `admin` or `member`. */
            role: "owner" | "admin" | "member";
            /** @description A second factor is asked for. */
            totp_enabled: boolean;
            /** @description What they sign in with. */
            username: string;
        };
        /** @description A person. */
        UserView: {
            id: string;
            name: string;
            /** @description `owner`, `admin` or `member`. */
            role: "owner" | "admin" | "member";
            /** @description The password was made by somebody else and should be changed now. */
            temporary_password: boolean;
            totp_enabled: boolean;
            username: string;
        };
        /** @description A provider that can make vectors. */
        VectorProvider: {
            /** @description Where it is; nothing for this server itself. */
            base_url: string;
            /** @description Its name for us. */
            id: string;
            /** @description What people call it. */
            label: string;
        };
        /** @description The version. */
        Version: {
            /** @description Semantic version. */
            version: string;
        };
        /** @description What an app can be brought back to. */
        WayBack: {
            /** @description What was changed after that and is undone with it: kinds, the latest first. */
            also: string[];
            /**
             * Format: int64
             * @description When it was changed, UTC seconds; it is brought back to what it was then, data included.
             */
            at: number;
            /** @description `version`, what it was before its last update, or `settings`, before its last change of settings. */
            kind: string;
            /**
             * Format: int64
             * @description Until when this is possible, UTC seconds.
             */
            until: number;
            /** @description The version that it leads to. */
            version: string;
        };
        /** @description Whether the web is read for a person. */
        WebReply: {
            /** @description It is on for everybody. */
            house: boolean;
            /** @description The machine's administrator allows it in its configuration. */
            machine: boolean;
            /** @description This person has it on for themselves. */
            own: boolean;
            search?: components["schemas"]["SearchInfo"] | null;
            /** @description Somebody searches it, who is set up. */
            searches: boolean;
        };
        /** @description All that a tool said, as far as it is kept. */
        WholeResult: {
            /** @description Its name in the conversation. */
            reference: string;
            /** @description What it said; cut in the middle beyond a mebibyte. */
            text: string;
        };
        /** @description An app that somebody asked for. */
        Wish: {
            /** @description The app in it. */
            app: string;
            /**
             * Format: int64
             * @description UTC seconds.
             */
            asked_at: number;
            /** @description What that person is called. */
            by: string;
            /**
             * Format: int64
             * @description Its number.
             */
            id: number;
            /** @description What the store calls it. */
            name: string;
            /**
             * Format: int64
             * @description UTC seconds; 0 while it is open.
             */
            settled_at: number;
            /** @description `open`, `granted` or `declined`. */
            state: string;
            /** @description The store. */
            store: string;
            /** @description Whose it is: an account's id. */
            user: string;
        };
        /** @description An app to ask for. */
        WishBody: {
            /** @description The app in it. */
            app: string;
            /** @description The store. */
            store: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    get_livos_enter: {
        parameters: {
            query: {
                /** @description From /open */
                ticket: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description To the app */
            302: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The ticket is void */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_apps: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Apps */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InstalledApp"][];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_apps: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["InstallRequest"];
            };
        };
        responses: {
            /** @description A job was begun */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobStarted"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_apps_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The app */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The app */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InstalledApp"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    delete_apps_id: {
        parameters: {
            query?: {
                /** @description `keep` (the default) or `delete` what it stored */
                data?: string;
                /** @description 1: also when other apps need it */
                although_needed?: string;
            };
            header?: never;
            path: {
                /** @description The app */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A job was begun */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobStarted"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_apps_id_checks: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The app */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was looked at */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Checks"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_apps_id_checks: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The app */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateChecksBody"];
            };
        };
        responses: {
            /** @description What was looked at */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Checks"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_apps_id_compose: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The app */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AppCompose"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    put_apps_id_compose: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The app */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ComposeBody"];
            };
        };
        responses: {
            /** @description A job was begun */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobStarted"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_apps_id_compose_check: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The app */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ComposeText"];
            };
        };
        responses: {
            /** @description What is wrong with it, what differs, what it would do */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ComposeCheck"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_apps_id_export: {
        parameters: {
            query?: {
                /** @description 1: with its passwords and keys, which are left blank otherwise */
                secrets?: string;
            };
            header?: never;
            path: {
                /** @description The app */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A tar archive */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-tar": number[];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_apps_id_logs: {
        parameters: {
            query?: {
                /** @description One of its containers; all if not given */
                service?: string;
                /** @description The last lines; 200 if not given */
                tail?: number;
                /** @description 1: and what comes after */
                follow?: string;
            };
            header?: never;
            path: {
                /** @description The app */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Text */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    put_apps_id_pin: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The app */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It stays */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    delete_apps_id_pin: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The app */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is updated with the others */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_apps_id_restart: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The app */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A job was begun */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobStarted"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_apps_id_rollback: {
        parameters: {
            query?: {
                /** @description version: before its last update; settings: before its last change of settings; the later of the two if not given */
                to?: string;
            };
            header?: never;
            path: {
                /** @description The app */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A job was begun */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobStarted"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_apps_id_settings: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The app */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Its settings */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AppSettings"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    put_apps_id_settings: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The app */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SettingsBody"];
            };
        };
        responses: {
            /** @description A job was begun */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobStarted"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_apps_id_settings_look: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The app */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SettingsBody"];
            };
        };
        responses: {
            /** @description The change */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AppChange"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    put_apps_id_skip: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The app */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SkipBody"];
            };
        };
        responses: {
            /** @description It is not offered */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    delete_apps_id_skip: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The app */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is offered */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_apps_id_start: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The app */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A job was begun */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobStarted"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_apps_id_stop: {
        parameters: {
            query?: {
                /** @description 1: also when running apps need it */
                although_needed?: string;
            };
            header?: never;
            path: {
                /** @description The app */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A job was begun */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobStarted"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_apps_id_update: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The app */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The update; 404 if there is none */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AppUpdate"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_apps_id_update: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The app */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateBody"];
            };
        };
        responses: {
            /** @description A job was begun */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobStarted"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_assistant_approvals: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The oldest first; also what is being done just now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalsReply"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_assistant_approvals_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The proposal */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ApprovalBody"];
            };
        };
        responses: {
            /** @description Answered */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_assistant_approvals_id_undo: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The proposal */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UndoBody"];
            };
        };
        responses: {
            /** @description A job was begun */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobStarted"];
                };
            };
            /** @description It is taken back */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    put_assistant_budgets_who_cause: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A person's id, or `everyone` for those who have none of their own */
                who: string;
                /** @description `chat`, `schedule`, or `all` for everything together */
                cause: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BudgetBody"];
            };
        };
        responses: {
            /** @description It holds from now on */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    delete_assistant_budgets_who_cause: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A person's id, or `everyone` */
                who: string;
                /** @description `chat`, `schedule` or `all` */
                cause: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It does not hold any more */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_assistant_conversations: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The latest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConversationsReply"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_assistant_conversations: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Begun */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConversationInfo"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_assistant_conversations_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The conversation */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The conversation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Conversation"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    delete_assistant_conversations_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The conversation */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Gone */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    patch_assistant_conversations_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The conversation */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConversationPatch"];
            };
        };
        responses: {
            /** @description Changed */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_assistant_conversations_id_events: {
        parameters: {
            query?: {
                /** @description The `seq` of what is known already; everything without it */
                after?: number;
            };
            header?: never;
            path: {
                /** @description The conversation */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description item, delta, queued, state, title, reset */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_assistant_conversations_id_messages: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The conversation */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MessageRequest"];
            };
        };
        responses: {
            /** @description It will be answered */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunStarted"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_assistant_conversations_id_pictures: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The conversation */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": number[];
            };
        };
        responses: {
            /** @description It can be sent */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Picture"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_assistant_conversations_id_pictures_picture: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The conversation */
                id: string;
                /** @description The picture */
                picture: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Its file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/*": number[];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_assistant_conversations_id_results_reference: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The conversation */
                id: string;
                /** @description The result, as the item names it */
                reference: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What it said */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WholeResult"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_assistant_conversations_id_stop: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The conversation */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It ends */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_assistant_embeddings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Who does, and who could */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EmbeddingsReply"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    put_assistant_embeddings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EmbeddingsBody"];
            };
        };
        responses: {
            /** @description It makes them, and is kept */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EmbeddingsReply"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    delete_assistant_embeddings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Words alone are looked for from now on */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_assistant_providers: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Providers, without their keys */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProvidersReply"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    put_assistant_providers_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its name: small letters, digits and dashes */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProviderBody"];
            };
        };
        responses: {
            /** @description It answers, and is kept */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProviderInfo"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    delete_assistant_providers_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The provider */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Forgotten */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    put_assistant_providers_id_default: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The provider */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It answers from now on */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    put_assistant_providers_id_price: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The provider */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PriceBody"];
            };
        };
        responses: {
            /** @description Calls cost that from now on */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    delete_assistant_providers_id_price: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The provider */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The price list is asked again */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    put_assistant_providers_id_tier: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The provider */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TierBody"];
            };
        };
        responses: {
            /** @description It answers for that from now on */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_assistant_rules: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One's own rules */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RulesReply"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    put_assistant_rules_tool: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description For what */
                tool: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RuleBody"];
            };
        };
        responses: {
            /** @description Settled */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_assistant_runs_run_replay: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The run, as items say it */
                run: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Its steps */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Replay"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_assistant_runs_run_undo: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The run, as items say it */
                run: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The latest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UndoPlan"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_assistant_runs_run_undo: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The run */
                run: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UndoRunBody"];
            };
        };
        responses: {
            /** @description It was begun */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UndoPlan"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_assistant_schedules: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Those that come next first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SchedulesReply"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_assistant_schedules: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ScheduleBody"];
            };
        };
        responses: {
            /** @description It will come */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ScheduleInfo"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    delete_assistant_schedules_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The schedule */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Removed */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    patch_assistant_schedules_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The schedule */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SchedulePatch"];
            };
        };
        responses: {
            /** @description Changed */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_assistant_schedules_id_restore: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The schedule */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is there again */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_assistant_schedules_id_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The schedule */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It will be answered */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunStarted"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_assistant_skills: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Those that wait to be looked at first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SkillsReply"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_assistant_skills: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SkillText"];
            };
        };
        responses: {
            /** @description It waits to be looked at */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SkillInfo"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_assistant_skills_name: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The skill */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The skill */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SkillInfo"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    delete_assistant_skills_name: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The skill */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Removed */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    patch_assistant_skills_name: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The skill */
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SkillPatch"];
            };
        };
        responses: {
            /** @description Changed */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    delete_assistant_skills_name_waiting: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The skill */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Thrown away */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_assistant_spending: {
        parameters: {
            query?: {
                /** @description 2026-11; this month without it */
                month?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was used, and what may be */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SpendingReply"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_assistant_status: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Its state */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AssistantStatus"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_assistant_subagents: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description By name */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SubagentsReply"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_assistant_subagents: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewSubagent"];
            };
        };
        responses: {
            /** @description Made */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_assistant_subagents_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The subagent */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The subagent */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SubagentInfo"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    put_assistant_subagents_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The subagent */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SubagentBody"];
            };
        };
        responses: {
            /** @description Changed */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    delete_assistant_subagents_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The subagent */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    patch_assistant_subagents_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The subagent */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SubagentPatch"];
            };
        };
        responses: {
            /** @description Changed */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_assistant_subagents_id_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The subagent */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SubagentTask"];
            };
        };
        responses: {
            /** @description It will be answered */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunStarted"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_assistant_tool_server_file: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Without keys */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_assistant_tool_server_file: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ToolServerFile"];
            };
        };
        responses: {
            /** @description What came of each */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServersImported"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_assistant_tool_server_registry: {
        parameters: {
            query: {
                /** @description Words of its name */
                search: string;
                /** @description Another registry than the official one */
                registry?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Those that are at an address */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RegistryReply"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_assistant_tool_servers: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description By name */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ToolServersReply"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    put_assistant_tool_servers_name: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description What its tools' names begin with */
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ToolServerBody"];
            };
        };
        responses: {
            /** @description It answers, and is kept */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ToolServerInfo"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    delete_assistant_tool_servers_name: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Which */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is not asked any more */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_assistant_tool_servers_name_look: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Which */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As it is now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ToolServerInfo"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    put_assistant_tool_servers_name_on: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Which */
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ToolServerSwitch"];
            };
        };
        responses: {
            /** @description From the next question on */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    put_assistant_tool_servers_name_tools: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Which server */
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ServerToolBody"];
            };
        };
        responses: {
            /** @description From the next question on */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It is not what was looked at any more */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_assistant_web: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As it is for whoever asks */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebReply"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    put_assistant_web: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SwitchBody"];
            };
        };
        responses: {
            /** @description From the next question on */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    put_assistant_web_own: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SwitchBody"];
            };
        };
        responses: {
            /** @description From the next question on */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    put_assistant_web_search: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SearchBody"];
            };
        };
        responses: {
            /** @description It finds something, and is kept */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SearchTried"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    delete_assistant_web_search: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Nobody searches any more */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_audit: {
        parameters: {
            query?: {
                /** @description Entries older than this id */
                before?: number;
                /** @description At most this many; 100 if not given, never more than 500 */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Entries */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditEntry"][];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_certificate: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description PEM */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-x509-ca-cert": string;
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_certificate_profile: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A property list */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-apple-aspen-config": string;
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_docker: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Containers, images, volumes and networks, whoever made them */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DockerOverview"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_docker_act: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ActBody"];
            };
        };
        responses: {
            /** @description A job was begun */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobStarted"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_docker_adopted: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AdoptBody"];
            };
        };
        responses: {
            /** @description It is looked after */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AdoptReply"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    delete_docker_adopted_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is given back */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_docker_containers_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The container's full id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The container; secrets are hidden */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DockerDetail"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_docker_containers_id_environment: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The container's full id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Its variables */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DockerVariable"][];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_docker_containers_id_file: {
        parameters: {
            query: {
                /** @description The file */
                path: string;
            };
            header?: never;
            path: {
                /** @description The container's full id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Its bytes */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_docker_containers_id_files: {
        parameters: {
            query?: {
                /** @description The folder; / if not given */
                path?: string;
            };
            header?: never;
            path: {
                /** @description The container's full id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The folder, as far as it was read */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ContainerFolder"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_docker_containers_id_logs: {
        parameters: {
            query?: {
                /** @description The last lines; 200 if not given */
                tail?: number;
                /** @description 1: and what comes after */
                follow?: string;
            };
            header?: never;
            path: {
                /** @description The container's full id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Text */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_docker_containers_id_restart: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The container's full id */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ContainerBody"];
            };
        };
        responses: {
            /** @description A job was begun */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobStarted"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_docker_containers_id_shell: {
        parameters: {
            query?: {
                /** @description Characters in a line; 80 if not given */
                columns?: number;
                /** @description Lines; 24 if not given */
                rows?: number;
            };
            header?: never;
            path: {
                /** @description The container's full id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A WebSocket, whose text messages say what becomes of the shell */
            101: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description No WebSocket was asked for */
            426: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_docker_containers_id_start: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The container's full id */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ContainerBody"];
            };
        };
        responses: {
            /** @description A job was begun */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobStarted"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_docker_containers_id_stop: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The container's full id */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ContainerBody"];
            };
        };
        responses: {
            /** @description A job was begun */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobStarted"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_docker_engine_log: {
        parameters: {
            query?: {
                /** @description The last so many lines; 500 if not given */
                tail?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Plain text */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_docker_engine_start: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It runs, or comes up */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_docker_events: {
        parameters: {
            query?: {
                /** @description UTC seconds; all that Docker remembers if not given */
                since?: number;
                /** @description 1: and what comes after */
                follow?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A line each */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": components["schemas"]["DockerEvent"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_docker_look: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ActBody"];
            };
        };
        responses: {
            /** @description Thing by thing; what is gone is left out */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DockerPlan"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_docker_reclaim: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What nothing uses, line by line */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReclaimReply"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_docker_reclaim: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReclaimBody"];
            };
        };
        responses: {
            /** @description A job was begun */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobStarted"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_docker_stats: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A sample of each */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DockerStats"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_engine: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The engine */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EngineStatus"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_events: {
        parameters: {
            query?: {
                /** @description Like the header, for clients that cannot set one */
                last_event_id?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description hello, job, job_removed, app, catalog, dir, service, settings, users, assistant, reminder, reset, ping, signed_out */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_exposure: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Names and certificates */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Exposure"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    put_exposure_domain: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DomainRequest"];
            };
        };
        responses: {
            /** @description From now on */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    delete_exposure_domain: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It has none any more */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    put_exposure_https: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AlwaysRequest"];
            };
        };
        responses: {
            /** @description From now on */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_files_archive: {
        parameters: {
            query: {
                /** @description The place */
                root: string;
                /** @description What to put in; may be given several times */
                path: string[];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A zip, made while it is sent */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/zip": number[];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_files_content: {
        parameters: {
            query: {
                /** @description The place */
                root: string;
                /** @description The file in it */
                path: string;
                /** @description 1: to be saved, not shown */
                download?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All of it */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": number[];
                };
            };
            /** @description The part that was asked for */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": number[];
                };
            };
            /** @description It has not changed */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    head_files_content: {
        parameters: {
            query: {
                /** @description The place */
                root: string;
                /** @description The file in it */
                path: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Its length and tag */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_files_copy: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TransferRequest"];
            };
        };
        responses: {
            /** @description A job was begun */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobStarted"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_files_directories: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Location"];
            };
        };
        responses: {
            /** @description Made */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EntryInfo"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_files_favourites: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Favourites */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EntryInfo"][];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    put_files_favourites: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Location"];
            };
        };
        responses: {
            /** @description It is one now */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    delete_files_favourites: {
        parameters: {
            query: {
                /** @description The place */
                root: string;
                /** @description The path in it */
                path: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is none any more */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_files_list: {
        parameters: {
            query: {
                /** @description The place */
                root: string;
                /** @description The folder in it */
                path?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Every entry */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Listing"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_files_move: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TransferRequest"];
            };
        };
        responses: {
            /** @description A job was begun */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobStarted"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_files_recents: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Recent files */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecentFile"][];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_files_recents: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Location"];
            };
        };
        responses: {
            /** @description Noted */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    delete_files_recents: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Forgotten */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_files_rename: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RenameItemRequest"];
            };
        };
        responses: {
            /** @description Renamed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EntryInfo"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_files_roots: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Places */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RootInfo"][];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_files_search: {
        parameters: {
            query: {
                /** @description The place */
                root: string;
                /** @description The folder to look below */
                path?: string;
                /** @description The text, in any case */
                q: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was found */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SearchReply"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_files_shares: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Shared folders */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SharedFolder"][];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    put_files_shares: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ShareBody"];
            };
        };
        responses: {
            /** @description It is shared now */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    delete_files_shares: {
        parameters: {
            query: {
                /** @description The place */
                root: string;
                /** @description The path in it */
                path: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is not shared any more */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_files_stat: {
        parameters: {
            query: {
                /** @description The place */
                root: string;
                /** @description The path in it */
                path?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What it is */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EntryInfo"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_files_trash: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Things */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrashedItem"][];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_files_trash: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ItemsRequest"];
            };
        };
        responses: {
            /** @description In the trash */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrashIdsReply"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    delete_files_trash: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A job was begun */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobStarted"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_files_trash_delete: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TrashIdsRequest"];
            };
        };
        responses: {
            /** @description A job was begun */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobStarted"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_files_trash_restore: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TrashIdsRequest"];
            };
        };
        responses: {
            /** @description Back */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RestoredReply"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_gate: {
        parameters: {
            query?: never;
            header: {
                /** @description The app */
                "X-Livos-App": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It may */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Sign in first */
            302: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_health: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It answers */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_jobs: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Newest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobInfo"][];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_jobs_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The job: apps-12 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The job */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobInfo"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    delete_jobs_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The job */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Gone */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_jobs_id_cancel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The job */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It stops; what it had begun is undone */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_jobs_id_log: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The job */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Text */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_jobs_id_retry: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The job */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is in the queue again */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    patch_me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RenameRequest"];
            };
        };
        responses: {
            /** @description Changed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserView"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_me_keys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The newest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeyEntry"][];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_me_keys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["KeyBody"];
            };
        };
        responses: {
            /** @description The key, this once */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeyMade"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    delete_me_keys_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The key */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Revoked */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    put_me_password: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordRequest"];
            };
        };
        responses: {
            /** @description Changed */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_me_recovery_codes: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConfirmRequest"];
            };
        };
        responses: {
            /** @description The old ones are void */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecoveryCodes"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_me_settings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Whatever the desktop keeps */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        [key: string]: unknown;
                    };
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    patch_me_settings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    [key: string]: unknown;
                };
            };
        };
        responses: {
            /** @description All settings */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        [key: string]: unknown;
                    };
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_me_totp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Waits for its first code */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TotpOffer"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    delete_me_totp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConfirmRequest"];
            };
        };
        responses: {
            /** @description Off */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_me_totp_confirm: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CodeRequest"];
            };
        };
        responses: {
            /** @description On; fresh recovery codes */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecoveryCodes"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_me_wallpaper: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A JPEG */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": number[];
                };
            };
            /** @description It has not changed */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    put_me_wallpaper: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Location"];
            };
        };
        responses: {
            /** @description What was made of it */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EntryInfo"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    delete_me_wallpaper: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_openapi_json: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OpenAPI 3.1 */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_outcomes_key: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The Idempotency-Key */
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What is known */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OutcomeView"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description This sign-in */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionInfo"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignInRequest"];
            };
        };
        responses: {
            /** @description Signed in */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionInfo"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    delete_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Signed out */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_session_refresh: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Renewed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionInfo"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_sessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Newest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionLine"][];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    delete_sessions_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The session */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Ended */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_setup: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The state */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SetupState"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_setup_account: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateOwnerRequest"];
            };
        };
        responses: {
            /** @description The owner, signed in */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OwnerCreatedReply"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_setup_claim: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ClaimRequest"];
            };
        };
        responses: {
            /** @description It is the code */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_stacks: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["StackRequest"];
            };
        };
        responses: {
            /** @description A job was begun */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobStarted"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_stacks_check: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["StackRequest"];
            };
        };
        responses: {
            /** @description What is wrong with it, what it asks, what it could reach */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StackCheck"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_store_apps: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Apps and stores */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StoreReply"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_store_apps_store_app_pictures_number: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The store's id */
                store: string;
                /** @description The app's id */
                app: string;
                /** @description Which one, from 0 */
                number: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The picture */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/*": number[];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_store_apps_store_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The store */
                store: string;
                /** @description The app in it */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The app */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CatalogApp"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_store_apps_store_id_checks: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The store */
                store: string;
                /** @description The app in it */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was looked at */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Checks"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_store_apps_store_id_checks: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The store */
                store: string;
                /** @description The app in it */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChecksBody"];
            };
        };
        responses: {
            /** @description What was looked at */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Checks"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_store_icons_name: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its name */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The picture */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/*": number[];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_store_sources: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Stores */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StoreSource"][];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_store_sources: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AddSourceRequest"];
            };
        };
        responses: {
            /** @description A job was begun */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobStarted"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    delete_store_sources_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The store */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Forgotten */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_store_sources_id_refresh: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The store */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A job was begun */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobStarted"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_store_updates: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was begun, a job each, and what was not and why */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UpdatesReply"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_store_wishes: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The oldest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Wish"][];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_store_wishes: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WishBody"];
            };
        };
        responses: {
            /** @description Asked */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    delete_store_wishes_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The wish */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Gone, or declined */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_system: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The machine */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SystemInfo"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_system_load: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The load */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HostLoad"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_system_updates: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Versions and progress */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UpdateStatus"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_system_updates: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateToRequest"];
            };
        };
        responses: {
            /** @description It begins */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    put_system_updates_automatic: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateAutomatic"];
            };
        };
        responses: {
            /** @description From now on */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_system_updates_cancel: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It stops */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_system_updates_check: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It begins */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_system_updates_file: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Location"];
            };
        };
        responses: {
            /** @description It begins */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_uploads: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Uploads */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UploadInfo"][];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_uploads: {
        parameters: {
            query?: never;
            header: {
                /** @description 1.0.0 */
                "Tus-Resumable": string;
                /** @description Bytes */
                "Upload-Length": number;
                /** @description key base64,key base64 */
                "Upload-Metadata": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Location: where to send the bytes */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    options_uploads: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Tus-Version, Tus-Extension, Tus-Checksum-Algorithm */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_uploads_id: {
        parameters: {
            query?: never;
            header: {
                /** @description The method that is meant */
                "X-HTTP-Method-Override": string;
            };
            path: {
                /** @description The upload */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As the method that is meant */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    delete_uploads_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The upload */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Gone */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    head_uploads_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The upload */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Upload-Offset, Upload-Length */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    patch_uploads_id: {
        parameters: {
            query?: never;
            header: {
                /** @description 1.0.0 */
                "Tus-Resumable": string;
                /** @description Where these bytes begin */
                "Upload-Offset": number;
                /** @description sha1 or sha256 and the digest in base64 */
                "Upload-Checksum"?: string | null;
            };
            path: {
                /** @description The upload */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/offset+octet-stream": number[];
            };
        };
        responses: {
            /** @description Upload-Offset: what is in the file now */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The checksum is another; nothing of it was kept */
            460: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_users: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description In the order they came */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserInfo"][];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_users: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateUserRequest"];
            };
        };
        responses: {
            /** @description Added */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserInfo"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    delete_users_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The account */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Removed */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    patch_users_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The account */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateUserRequest"];
            };
        };
        responses: {
            /** @description Changed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserInfo"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_version: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The version */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Version"];
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_mcp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As the protocol has it for a server without one */
            405: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    post_mcp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": unknown;
            };
        };
        responses: {
            /** @description The answer to a request */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                };
            };
            /** @description A notification was taken */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    delete_mcp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As the protocol has it for a server without them */
            405: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_open_app: {
        parameters: {
            query?: {
                /** @description The page of the app to open */
                page?: string;
            };
            header?: never;
            path: {
                /** @description The app */
                app: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One more step */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            /** @description To the app, or to sign in */
            302: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_trust: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            /** @description What went wrong, and what to do next */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
}
