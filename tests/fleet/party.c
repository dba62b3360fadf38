/* SPDX-License-Identifier: Apache-2.0 */
/* Opening workers as the tool does, building networks as a configuration would, reading everything
 * back through the fleet. */
#include "party.h"

#include <pthread.h>

static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static unruly_manner wished[UNRULY_MOST];

static void keep_line(void *user, socle_log_level level, const char *text) {
    party *p = user;
    pthread_mutex_lock(&log_lock);
    size_t used = strlen(p->log);
    snprintf(p->log + used, sizeof p->log - used, "%c %s\n", level <= SOCLE_LOG_WARNING ? 'W' : 'I',
             text);
    pthread_mutex_unlock(&log_lock);
}

int party_lines(const party *p, const char *text) {
    int count = 0;
    for (const char *at = p->log, *end; *at; at = end + 1) {
        end = strchr(at, '\n');
        const char *found = strstr(at, text);
        count += found && found < end;
    }
    return count;
}

void party_manner(int number, unruly_manner manner) {
    wished[number] = manner;
}

static int count_words(const char *text) {
    int count = 1;
    for (const char *c = text; *c; c++) count += *c == ',';
    return count;
}

/* The cpu is entry 0 of every registry. */
static void open_unruly(party *p, const char *devices, sc_device_choice **choices, int *count) {
    *count = count_words(devices);
    SC_OK(&p->env, sc_registry_create(&p->real, &p->env));
    SC_OK(&p->env, unruly_registry(&p->registry, &p->env, &p->real, 0, *count));
    SC_OK(&p->env, sc_allocate(&p->env, choices, (size_t)*count, sizeof **choices));
    const char *at = devices;
    for (int i = 0; i < *count; i++, at = strchr(at, ',') ? strchr(at, ',') + 1 : at) {
        const char *equals = strchr(at, '='), *end = strchr(at, ',');
        bool weighted = equals && (!end || equals < end);
        (*choices)[i] = (sc_device_choice){i, -1, weighted ? (float)atof(equals + 1) : 0};
        unruly_behave(i, wished[i]);
    }
}

void party_open(party *p, const char *devices) {
    sc_device_choice *choice;
    sc_device_options options = SC_DEVICE_OPTIONS_DEFAULT;
    memset(p, 0, sizeof *p);
    socle_logger logger = {keep_line, p, SOCLE_LOG_INFO};
    sc_env_init(&p->env, NULL, &logger);
    options.threads = 1;
    if (strncmp(devices, "unruly", 6) == 0) {
        open_unruly(p, devices, &choice, &p->devices);
    } else {
        SC_OK(&p->env, sc_registry_create(&p->registry, &p->env));
        if (sc_registry_select(&p->registry, &p->env, devices, &choice, &p->devices) != SOCLE_OK)
            cr_skip_test("no %s here: %s", devices, p->env.text);
    }
    SC_TRUE(p->devices <= PARTY_MOST);
    for (int i = 0; i < p->devices; i++) {
        SC_OK(&p->env,
              sc_worker_create(&p->device[i].worker, &p->env, &p->registry, &choice[i], &options));
        p->device[i].share = (double)choice[i].share;
    }
    sc_release(&p->env, choice);
    SC_OK(&p->env,
          sc_dataset_from_idx(&p->data, &p->env, SC_SOURCE_DIR "/tests/golden/images-idx3-ubyte",
                              SC_SOURCE_DIR "/tests/golden/labels-idx1-ubyte"));
}

void party_data(party *p, sc_dataset *data) {
    sc_dataset_destroy(p->data);
    p->data = data;
}

void party_close(party *p) {
    for (int i = 0; i < p->devices; i++) sc_worker_destroy(p->device[i].worker);
    sc_dataset_destroy(p->data);
    sc_registry_free(&p->registry, &p->env);
    sc_registry_free(&p->real, &p->env);
}

/* ---- Networks ---- */

static int layer(sc_net *net, const char *word, int input, int size) {
    sc_layer_options options;
    const sc_layer_kind *kind = sc_layer_kind_find(word, &options);
    if (strcmp(word, "dense") == 0) options.units = size;
    if (strcmp(word, "maxpool") == 0) options.kernel[0] = options.kernel[1] = size;
    if (strcmp(word, "dropout") == 0) options.rate = 0.25f;
    if (strcmp(word, "embedding") == 0) {
        options.vocabulary = size;
        options.units = 2;
        options.sparse = true;
    }
    if (strcmp(word, "batchnorm") == 0) options.group = size;
    if (strcmp(word, "conv2d") == 0) {
        options.filters = size;
        options.kernel[0] = options.kernel[1] = 3;
        options.stride[0] = options.stride[1] = 1;
        options.padding.way = SC_PADDING_SAME;
    }
    return sc_net_layer(net, kind, NULL, 1, &input, &options);
}

static int add_mlp(sc_net *net, int x) {
    x = layer(net, "relu", layer(net, "dense", layer(net, "flatten", x, 0), 32), 0);
    return layer(net, "dense", layer(net, "dropout", x, 0), 10);
}

static int add_cnn(sc_net *net, int x) {
    x = layer(net, "maxpool", layer(net, "relu", layer(net, "conv2d", x, 8), 0), 2);
    x = layer(net, "maxpool", layer(net, "relu", layer(net, "conv2d", x, 16), 0), 2);
    x = layer(net, "relu", layer(net, "dense", layer(net, "flatten", x, 0), 24), 0);
    return layer(net, "dense", layer(net, "dropout", x, 0), 10);
}

/* Of bytes as words; as many more that no step has. */
static int add_words(sc_net *net, int x) {
    x = layer(net, "flatten", layer(net, "embedding", x, 20000), 0);
    return layer(net, "dense", layer(net, "dropout", x, 0), 10);
}

static int add_norm(sc_net *net, int x, int first, int second) {
    x = layer(net, "relu", layer(net, "batchnorm", layer(net, "conv2d", x, 8), first), 0);
    x = layer(net, "maxpool", x, 2);
    x = layer(net, "relu", layer(net, "batchnorm", layer(net, "conv2d", x, 12), second), 0);
    return layer(net, "dense", layer(net, "global_avgpool", x, 0), 10);
}

static sc_net *build_count(party *p) {
    const sc_column *input = sc_dataset_column(p->data, sc_dataset_find(p->data, "input"));
    sc_layer_options options;
    const sc_layer_kind *dense = sc_layer_kind_find("dense", &options);
    sc_net *net;
    SC_OK(&p->env, sc_net_create(&net, &p->env));
    int x = sc_net_input(net, "input", SOCLE_F32, &input->shape, 1);
    options.units = 1;
    options.weight_init.kind = options.bias_init.kind = "zeros";
    SC_OK(&p->env,
          sc_net_loss(net, "mean_squared_error", sc_net_layer(net, dense, NULL, 1, &x, &options)));
    return net;
}

static sc_net *build(party *p, const party_run *run) {
    sc_net *net;
    socle_shape shape = {3, {1, 12, 12}};
    int group = (int)run->group;
    if (strcmp(run->net, "count") == 0) return build_count(p);
    SC_OK(&p->env, sc_net_create(&net, &p->env));
    int x = sc_net_input(net, "input", SOCLE_U8, &shape, 1.0f / 255.0f);
    if (strcmp(run->net, "mlp") == 0)
        x = add_mlp(net, x);
    else if (strcmp(run->net, "cnn") == 0)
        x = add_cnn(net, x);
    else if (strcmp(run->net, "words") == 0)
        x = add_words(net, x);
    else if (strcmp(run->net, "norm") == 0)
        x = add_norm(net, x, group, group);
    else if (strcmp(run->net, "unequal") == 0)
        x = add_norm(net, x, group, group / 2);
    else
        SC_TEST_FAIL("no net \"%s\"", run->net);
    SC_OK(&p->env, sc_net_loss(net, "softmax_cross_entropy", x));
    return net;
}

/* ---- Runs ---- */

party_run party_standard(int64_t steps) {
    party_run run = {.net = "mlp", .fit = sc_fit_defaults()};
    run.fit.optimizer = fixture_optimizer("sgd", 0.05f, 0.9f);
    run.fit.epochs = 1000;
    run.fit.steps = steps;
    run.fit.batch = 50;
    run.fit.seed = 5;
    return run;
}

typedef struct hooks {
    party_run *run;
    bool (*stop)(void *user);
    void *user;
} hooks;

/* Called between steps, and between epochs, where nothing is to be seen. */
static bool look(void *user) {
    hooks *h = user;
    party_run *run = h->run;
    sc_fleet *fleet = sc_trainer_fleet(run->trainer);
    sc_totals totals;
    bool within = sc_trainer_position(run->trainer).row > 0;
    if (within && !run->unwatched && run->steps < PARTY_STEPS &&
        sc_fleet_totals(fleet, &totals) == SOCLE_OK) {
        run->loss[run->steps] = totals.last_loss;
        for (int i = 0; i < sc_fleet_members(fleet); i++) {
            run->share[run->steps][i] = sc_fleet_member_info(fleet, i).share;
            run->step_calls[run->steps][i] = unruly_calls(i);
        }
        run->steps++;
    }
    return h->stop ? h->stop(h->user) : false;
}

static socle_status note_epoch(void *user, const sc_epoch_report *report) {
    party_run *run = ((hooks *)user)->run;
    run->validation = report->val_loss;
    for (int i = 0; report->epoch == 1 && i < UNRULY_MOST; i++)
        run->epoch_calls[i] = unruly_calls(i);
    return SOCLE_OK;
}

static void read_all(party *p, sc_trainer *trainer, party_state *state) {
    sc_fleet *fleet = sc_trainer_fleet(trainer);
    const sc_net *net = sc_trainer_net(trainer);
    int states = sc_engine_states(sc_fleet_engine(fleet));
    size_t most = 8;
    for (size_t n = 0; n < net->parameters; n++)
        most += 3 * (size_t)sc_tensor_elements(&net->parameter[n].desc);
    state->value = calloc(most, sizeof *state->value);
    state->count = 0;
    for (int s = -1; s < states; s++) {
        for (size_t n = 0; n < net->parameters; n++) {
            if (s >= 0 && net->parameter[n].role == SC_PARAMETER_STATISTIC) continue;
            SC_OK(&p->env, sc_fleet_read(fleet, (int)n, s, state->value + state->count));
            state->count += (size_t)sc_tensor_elements(&net->parameter[n].desc);
        }
        if (s < 0) state->parameters = state->count;
    }
    sc_totals totals;
    SC_OK(&p->env, sc_fleet_totals(fleet, &totals));
    float *end = state->value + state->count;
    end[0] = (float)totals.sum.loss;
    end[1] = (float)totals.sum.weight;
    end[2] = (float)totals.sum.metric[0];
    state->count += 3;
}

static void read_kept(const sc_trainer *trainer, party_state *state) {
    const sc_net *net = sc_trainer_net(trainer);
    for (size_t n = 0; n < net->parameters; n++) {
        const size_t count = (size_t)sc_tensor_elements(&net->parameter[n].desc);
        const float *kept = sc_trainer_kept(trainer, (int)n);
        if (!kept) return;
        state->value = realloc(state->value, (state->count + count) * sizeof *state->value);
        memcpy(state->value + state->count, kept, count * sizeof *kept);
        state->count += count;
    }
}

socle_status party_train(party *p, party_run *run, party_state *state) {
    sc_net *net = build(p, run);
    hooks h = {run, run->fit.stop, run->fit.user};
    sc_fit_options fit = run->fit;
    fit.user = &h;
    fit.stop = look;
    fit.epoch = note_epoch;
    run->steps = 0;
    socle_status status = sc_trainer_create_on(&run->trainer, &p->env, p->device, p->devices, net,
                                               &fit, p->data, NULL);
    if (status == SOCLE_OK) status = sc_trainer_run(run->trainer);
    if (status == SOCLE_OK && state) read_all(p, run->trainer, state);
    if (status != SOCLE_OK && run->trainer && run->kept) read_kept(run->trainer, run->kept);
    for (int i = 0; i < UNRULY_MOST; i++) run->calls[i] = unruly_calls(i);
    sc_trainer_destroy(run->trainer);
    run->trainer = NULL;
    sc_net_destroy(net);
    return status;
}

party_state party_trained(party *p, party_run *run) {
    party_state state = {0};
    SC_OK(&p->env, party_train(p, run, &state));
    return state;
}

party_state party_on(const char *devices, party_run *run) {
    static party p;
    party_open(&p, devices);
    party_state state = party_trained(&p, run);
    party_close(&p);
    return state;
}

void party_free(party_state *state) {
    free(state->value);
    *state = (party_state){0};
}

void party_same(const party_state *a, const party_state *b) {
    SC_EQ(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        if (memcmp(&a->value[i], &b->value[i], sizeof(float)) == 0) continue;
        SC_TEST_FAIL("value %zu of %zu is %a and %a", i, a->count, (double)a->value[i],
                     (double)b->value[i]);
    }
}

double party_distance(const party_state *a, const party_state *b) {
    double most = 0;
    SC_EQ(a->parameters, b->parameters);
    for (size_t i = 0; i < a->parameters; i++) {
        double distance = fabs((double)a->value[i] - (double)b->value[i]);
        if (!(distance <= most)) most = distance;
    }
    return most;
}
