/* SPDX-License-Identifier: Apache-2.0 */
/* Errors and log lines: what is stored, what is cut, what is passed on. */
#include "sc_test.h"

typedef struct heard {
    int lines;
    socle_log_level level;
    char text[SC_ERROR_TEXT];
} heard;

static void hear(void *user, socle_log_level level, const char *text) {
    heard *state = user;
    state->lines++;
    state->level = level;
    snprintf(state->text, sizeof state->text, "%s", text);
}

Test(env, failure_is_kept_with_its_values) {
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    SC_EQ(env.status, SOCLE_OK);
    SC_EQ_STR(env.text, "");
    SC_EQ(sc_fail(&env, SOCLE_STATUS_SHAPE, "K is %d, weights have %d", 784, 100),
          SOCLE_STATUS_SHAPE);
    SC_EQ_STR(env.text, "K is 784, weights have 100");
    SC_EQ(env.status, SOCLE_STATUS_SHAPE);
}

Test(env, prefix_goes_before) {
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    sc_fail(&env, SOCLE_STATUS_CONFIG, "no such key");
    SC_EQ(sc_fail_prefix(&env, SOCLE_STATUS_CONFIG, "net.yaml:%d", 12), SOCLE_STATUS_CONFIG);
    SC_EQ_STR(env.text, "net.yaml:12: no such key");
}

Test(env, prefix_without_a_text_uses_the_status) {
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    sc_fail_prefix(&env, SOCLE_STATUS_TIMEOUT, "queue");
    SC_EQ_STR(env.text, "queue: the device did not answer in time");
}

Test(env, own_text_may_be_an_argument) {
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    sc_fail(&env, SOCLE_STATUS_IO, "disk is full");
    sc_fail(&env, SOCLE_STATUS_IO, "saving: %s", env.text);
    SC_EQ_STR(env.text, "saving: disk is full");
}

Test(env, long_texts_are_cut_visibly) {
    char text[3 * SC_ERROR_TEXT];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    sc_fail(&env, SOCLE_STATUS_BUILD, "%s", text);
    SC_EQ(strlen(env.text), SC_ERROR_TEXT - 1);
    SC_EQ_STR(env.text + SC_ERROR_TEXT - 5, "x...");
    sc_fail_prefix(&env, SOCLE_STATUS_BUILD, "%s", text);
    SC_EQ(strlen(env.text), SC_ERROR_TEXT - 1);
}

Test(env, children_share_services_and_hand_up_errors) {
    heard log = {0};
    socle_logger logger = {hear, &log, SOCLE_LOG_INFO};
    sc_test_allocator state;
    socle_allocator allocator = sc_test_allocator_init(&state, 0);
    sc_env parent, child;
    sc_env_init(&parent, &allocator, &logger);
    sc_fail(&parent, SOCLE_STATUS_IO, "earlier");
    sc_env_child(&child, &parent);
    SC_EQ(child.status, SOCLE_OK);
    SC_EQ_STR(child.text, "");
    sc_env_adopt_error(&parent, &child);
    SC_EQ_STR(parent.text, "earlier");
    char *memory;
    SC_OK(&child, sc_allocate(&child, &memory, 1, 1));
    SC_EQ(atomic_load(&state.live), 1);
    sc_release(&parent, memory);
    sc_fail(&child, SOCLE_STATUS_DEVICE, "lost");
    sc_env_adopt_error(&parent, &child);
    SC_EQ(parent.status, SOCLE_STATUS_DEVICE);
    SC_EQ_STR(parent.text, "lost");
    sc_log_line(&child, SOCLE_LOG_INFO, "hello");
    SC_EQ(log.lines, 1);
}

Test(env, log_levels) {
    heard log = {0};
    socle_logger logger = {hear, &log, SOCLE_LOG_WARNING};
    sc_env env;
    sc_env_init(&env, NULL, &logger);
    sc_log_line(&env, SOCLE_LOG_INFO, "not heard");
    SC_EQ(log.lines, 0);
    sc_log_line(&env, SOCLE_LOG_ERROR, "heard %s", "twice");
    sc_log_line(&env, SOCLE_LOG_WARNING, "heard %d", 2);
    SC_EQ(log.lines, 2);
    SC_EQ(log.level, SOCLE_LOG_WARNING);
    SC_EQ_STR(log.text, "heard 2");
    sc_env_init(&env, NULL, NULL);
    sc_log_line(&env, SOCLE_LOG_ERROR, "into the void");
}

Test(env, every_status_has_its_own_text) {
#define STATUS_ROW(name, value, text) {value, text},
    static const struct {
        int value;
        const char *text;
    } rows[] = {SOCLE_STATUS_MAP(STATUS_ROW)};
#undef STATUS_ROW
    size_t count = sizeof rows / sizeof rows[0];
    for (size_t i = 0; i < count; i++) {
        SC_EQ_STR(socle_status_text((socle_status)rows[i].value), rows[i].text);
        for (size_t j = 0; j < i; j++) {
            SC_TRUE(rows[i].value != rows[j].value);
            SC_TRUE(strcmp(rows[i].text, rows[j].text) != 0);
        }
    }
    SC_EQ_STR(socle_status_text((socle_status)12345), "unknown status");
}
