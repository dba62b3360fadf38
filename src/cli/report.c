/* SPDX-License-Identifier: Apache-2.0 */
/* Events of --json: one object per line on standard output, each flushed, so that a reader follows
 * a run as it goes. Knows no event by name. */
#include "cli/cli.h"
#include "io/json_text.h"
#include "io/quote.h"
#include "nn/metric.h"

#include <math.h>

json_t *sc_report(const char *name) {
    json_t *event = json_object();
    if (name) sc_report_text(event, "event", name);
    return event;
}

void sc_report_number(json_t *event, const char *key, double value) {
    if (isfinite(value)) json_object_set_new(event, key, json_real(value));
}

void sc_report_means(json_t *event, const char *prefix, const sc_net *net, double loss,
                     const double *metric) {
    char key[2 * SC_NAME_MOST];
    snprintf(key, sizeof key, "%sloss", prefix);
    sc_report_number(event, key, loss);
    for (int m = 0; m < net->metrics; m++) {
        snprintf(key, sizeof key, "%s%s", prefix, sc_metric_word(net->metric[m]));
        sc_report_number(event, key, metric[m]);
    }
}

void sc_metrics_print(const char *what, const sc_net *net, const double *metric) {
    for (int m = 0; m < net->metrics; m++)
        if (isfinite(metric[m]))
            printf("%s %s %.4f\n", what, sc_metric_word(net->metric[m]), metric[m]);
}

void sc_report_integer(json_t *event, const char *key, int64_t value) {
    json_object_set_new(event, key, json_integer(value));
}

/* jansson takes UTF-8 alone; anything else is shown as a message would show it. */
void sc_report_text(json_t *event, const char *key, const char *text) {
    json_t *string = json_string(text);
    if (!string) string = json_string(sc_quote(text).text);
    json_object_set_new(event, key, string);
}

void sc_report_value(json_t *event, const char *key, json_t *value) {
    json_object_set_new(event, key, value);
}

void sc_report_print(sc_cli *cli, json_t *event) {
    sc_text line;
    sc_text_init(&line, &cli->env);
    sc_json_text(&line, event, 0);
    if (line.status == SOCLE_OK) printf("%s\n", line.data);
    fflush(stdout);
    sc_text_free(&line);
    json_decref(event);
}

static const char *class_word(sc_device_class device_class) {
    return device_class == SC_DEVICE_CPU ? "cpu" : device_class == SC_DEVICE_GPU ? "gpu" : "other";
}

json_t *sc_report_device(const sc_device_info *info) {
    json_t *device = json_object();
    char name[32];
    snprintf(name, sizeof name, "%s:%d", info->driver->name, info->index);
    sc_report_text(device, "device", name);
    sc_report_text(device, "id", info->id);
    sc_report_text(device, "name", info->name);
    sc_report_text(device, "type", class_word(info->device_class));
    sc_report_text(device, "vendor", info->vendor);
    sc_report_text(device, "platform", info->platform);
    sc_report_text(device, "driver", info->driver_version);
    sc_report_text(device, "language", info->language);
    sc_report_integer(device, "compute_units", info->compute_units);
    sc_report_integer(device, "memory", (int64_t)info->memory);
    sc_report_integer(device, "max_allocation", (int64_t)info->max_allocation);
    return device;
}
