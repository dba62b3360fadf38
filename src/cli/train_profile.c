/* SPDX-License-Identifier: Apache-2.0 */
/* What --profile writes. On one device: the time of each launch of the training step. On several: a
 * trace of the last shared steps, which chrome://tracing and Perfetto show ("traceEvents"), and how
 * much of the exchange and of the uploads lay beside computation. */
#include "base/file.h"
#include "base/text.h"
#include "cli/cmd_train.h"
#include "io/json_text.h"

enum { SPANS = 4096 };

socle_status sc_train_profile_begin(sc_train_session *session) {
    sc_fleet *fleet = sc_trainer_fleet(session->trainer);
    if (!session->settings->profile || sc_fleet_members(fleet) < 2) return SOCLE_OK;
    SC_TRY(sc_trace_create(&session->trace, &session->cli->env, SPANS));
    return sc_fleet_trace(fleet, session->trace);
}

static json_t *describe_launches(const sc_plan *plan) {
    json_t *launches = json_array();
    for (int i = 0; plan && i < sc_plan_launches(plan); i++) {
        sc_plan_launch launch = sc_plan_launch_info(plan, i);
        json_t *entry = json_object();
        if (launch.layer) sc_report_text(entry, "layer", launch.layer);
        sc_report_text(entry, "operation", sc_op_word(launch.op));
        sc_report_text(entry, "implementation", launch.implementation);
        sc_report_integer(entry, "runs", (int64_t)launch.runs);
        sc_report_integer(entry, "nanoseconds", (int64_t)launch.nanoseconds);
        if (launch.runs)
            sc_report_number(entry, "milliseconds_per_run",
                             (double)launch.nanoseconds * 1e-6 / (double)launch.runs);
        json_array_append_new(launches, entry);
    }
    return launches;
}

static json_t *describe_span(const sc_fleet *fleet, const sc_trace_span *span, uint64_t first) {
    static const char *const rows[SC_TRACE_ROWS] = {"compute", "transfer", "upload", "host"};
    json_t *event = json_object();
    char name[64], row[SC_NAME_TEXT + 64];
    snprintf(name, sizeof name, "%s %d", span->what, span->range);
    if (span->device < 0)
        snprintf(row, sizeof row, "host");
    else
        snprintf(row, sizeof row, "%s %s", sc_fleet_member_info(fleet, span->device).label,
                 rows[span->row]);
    sc_report_text(event, "name", span->range < 0 ? span->what : name);
    sc_report_text(event, "cat", rows[span->row]);
    sc_report_text(event, "ph", "X");
    sc_report_number(event, "ts", (double)(span->start - first) * 1e-3);
    sc_report_number(event, "dur", (double)(span->end - span->start) * 1e-3);
    sc_report_integer(event, "pid", 1);
    sc_report_text(event, "tid", row);
    return event;
}

static json_t *describe_trace(const sc_fleet *fleet, const sc_trace *trace) {
    json_t *events = json_array();
    uint64_t first = UINT64_MAX;
    for (size_t i = 0; i < sc_trace_count(trace); i++) {
        sc_trace_span span = sc_trace_at(trace, i);
        if (span.start < first) first = span.start;
    }
    for (size_t i = 0; i < sc_trace_count(trace); i++) {
        sc_trace_span span = sc_trace_at(trace, i);
        json_array_append_new(events, describe_span(fleet, &span, first));
    }
    return events;
}

socle_status sc_train_write_profile(sc_train_session *session, const char *path) {
    const sc_fleet *fleet = sc_trainer_fleet(session->trainer);
    const sc_engine *engine = sc_fleet_engine(fleet);
    sc_env *env = &session->cli->env;
    if (!engine) return sc_fail(env, SOCLE_STATUS_DEVICE, "no device is left to profile");
    json_t *profile = json_object();
    sc_text text;
    sc_report_value(profile, "device", sc_report_device(&sc_engine_device(engine)->info));
    sc_report_integer(profile, "micro_batch", sc_engine_capacity(engine));
    sc_report_integer(profile, "steps", sc_trainer_position(session->trainer).step);
    sc_report_value(profile, "launches", describe_launches(sc_engine_train_plan(engine)));
    if (session->trace) {
        sc_report_number(profile, "exchange_hidden", sc_trace_hidden(session->trace, false));
        sc_report_number(profile, "uploads_hidden", sc_trace_hidden(session->trace, true));
        sc_report_value(profile, "traceEvents", describe_trace(fleet, session->trace));
    }
    sc_text_init(&text, env);
    sc_json_text(&text, profile, 2);
    sc_text_add(&text, "\n");
    socle_status status = text.status;
    if (status == SOCLE_OK) status = sc_file_write_whole(env, path, text.data, text.length);
    sc_text_free(&text);
    json_decref(profile);
    return status;
}
