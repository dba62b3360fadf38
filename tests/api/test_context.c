/* SPDX-License-Identifier: Apache-2.0 */
/* Contexts: opening what is not there, texts of errors, the order in which things are destroyed. */
#include "api_test.h"

#include <pthread.h>
#include <semaphore.h>
#include <sys/wait.h>
#include <unistd.h>

Test(api_context, unknown_device) {
    socle_context *context;
    SC_EQ(socle_open(&context, "gpu-of-tomorrow"), SOCLE_STATUS_NO_DEVICE);
    SC_TRUE(context != NULL);
    SC_CONTAINS(socle_error(context), "gpu-of-tomorrow");
    SC_CONTAINS(socle_error(context), "cpu"); /* lists what there is */
    socle_close(context);
}

Test(api_context, of_failed_opening_refuses_work) {
    socle_context *context;
    socle_tensor *tensor;
    socle_net *net;
    socle_device_info info;
    SC_EQ(socle_open(&context, "no such device"), SOCLE_STATUS_NO_DEVICE);
    API_FAILS(context, socle_tensor_create(&tensor, context, SOCLE_F32, SOCLE_SHAPE(2)),
              SOCLE_STATUS_STATE, "no device");
    SC_TRUE(tensor == NULL);
    socle_context_device(context, &info);
    SC_EQ_STR(info.name, "");
    net = api_net(context); /* needs no device until it is trained */
    socle_data *data = api_data(context);
    API_FAILS(context, socle_fit(net, data, NULL), SOCLE_STATUS_STATE, "no device");
    socle_net_destroy(net);
    socle_data_destroy(data);
    socle_close(context);
}

Test(api_context, several_devices_and_bad_names) {
    socle_context *context;
    socle_device_info first;
    SC_EQ(socle_open(&context, "cpu,cpu"), SOCLE_OK);
    socle_context_device(context, &first);
    SC_EQ_STR(first.backend, "cpu");
    socle_close(context);
    const char *bad[] = {"", ",", "cpu=", "cpu=nan", "opencl:99", "opencl:-1", "opencl:"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        SC_REPRO("socle_open \"%s\"", bad[i]);
        SC_TRUE(socle_open(&context, bad[i]) != SOCLE_OK);
        SC_TRUE(socle_error(context)[0] != '\0');
        socle_close(context);
    }
}

Test(api_context, null_arguments) {
    socle_context *context = api_open("cpu");
    socle_context *none = (void *)1;
    socle_open_opts opts = SOCLE_OPEN_OPTS_DEFAULT;
    socle_allocator half = {0};
    int count;
    SC_EQ(socle_open(NULL, "cpu"), SOCLE_STATUS_INVALID_ARGUMENT);
    opts.allocator = &half;
    SC_EQ(socle_open_with(&none, "cpu", &opts), SOCLE_STATUS_INVALID_ARGUMENT);
    SC_TRUE(none == NULL);
    opts = (socle_open_opts){.threads = -1};
    SC_EQ(socle_open_with(&none, "cpu", &opts), SOCLE_STATUS_INVALID_ARGUMENT);
    SC_CONTAINS(socle_error(none), "-1 threads");
    socle_close(none);
    SC_EQ(socle_devices(NULL, 0, NULL), SOCLE_STATUS_INVALID_ARGUMENT);
    SC_EQ(socle_devices(NULL, 1, &count), SOCLE_STATUS_INVALID_ARGUMENT);
    SC_EQ(socle_devices(NULL, -1, &count), SOCLE_STATUS_INVALID_ARGUMENT);
    SC_TRUE(socle_error(NULL)[0] != '\0');
    socle_context_device(NULL, NULL);
    socle_context_device(context, NULL);
    socle_close(NULL);
    SC_EQ_STR(socle_error(context), ""); /* nothing has failed in this one */
    socle_close(context);
}

Test(api_context, describes_devices) {
    socle_device_info info[8], mine;
    int count, all;
    SC_EQ(socle_devices(NULL, 0, &all), SOCLE_OK);
    SC_EQ(socle_devices(info, 8, &count), SOCLE_OK);
    SC_EQ(count, all);
    SC_TRUE(count >= 1);
    SC_EQ_STR(info[0].backend, "cpu");
    socle_context *context = api_open(info[0].id);
    socle_context_device(context, &mine);
    SC_EQ_STR(mine.id, info[0].id);
    SC_TRUE(mine.compute_units >= 1 && mine.memory > 0 && mine.max_allocation > 0);
    socle_close(context);
    SC_TRUE(strlen(socle_version()) >= 5);
    SC_EQ_STR(socle_status_text(SOCLE_OK), "success");
    SC_EQ_STR(socle_status_text((socle_status)12345), "unknown status");
}

/* Any order is fine: what is used lives until its last user is gone. */
Test(api_context, destroy_in_any_order) {
    socle_context *context = api_open("cpu");
    socle_net *net = api_net(context);
    socle_data *data = api_data(context);
    socle_trainer *trainer;
    socle_tensor *a, *b;
    socle_graph *graph;
    api_blobs blobs;
    float loss, two[2] = {3, 4}, got[2];
    api_draw(&blobs);
    API_OK(context, socle_trainer_create(&trainer, net, socle_adam(0.01f), 8, 1));
    API_OK(context, socle_tensor_create(&a, context, SOCLE_F32, SOCLE_SHAPE(2)));
    API_OK(context, socle_tensor_create(&b, context, SOCLE_F32, SOCLE_SHAPE(2)));
    API_OK(context, socle_tensor_write(a, two, sizeof two));
    API_OK(context, socle_graph_create(&graph, context));
    socle_op_store(graph, socle_op_unary(graph, "square", socle_op_tensor(graph, a)), b);
    API_OK(context, socle_graph_compile(graph));

    socle_close(context);
    socle_net_destroy(net);
    socle_tensor_destroy(a);
    API_OK(context, socle_trainer_step(trainer, 8, blobs.input, blobs.label, &loss));
    API_OK(context, socle_graph_run(graph));
    API_OK(context, socle_tensor_read(b, got, sizeof got));
    SC_EQ_FLOAT_BITS(got[0], 9);
    SC_EQ_FLOAT_BITS(got[1], 16);
    socle_trainer_destroy(trainer);
    socle_tensor_destroy(b);
    socle_data_destroy(data);
    socle_graph_destroy(graph);
}

Test(api_context, null_destroy) {
    socle_net_destroy(NULL);
    socle_data_destroy(NULL);
    socle_tensor_destroy(NULL);
    socle_graph_destroy(NULL);
    socle_trainer_destroy(NULL);
}

/* What a child says of its parent's context: 0, or the number of the first thing that is wrong. */
static int use_in_child(socle_context *context, socle_tensor *tensor, socle_net *net) {
    float value;
    socle_tensor *second;
    if (socle_tensor_read(tensor, &value, sizeof value) != SOCLE_STATUS_STATE) return 1;
    if (!strstr(socle_error(context), "fork()")) return 2;
    if (socle_tensor_create(&second, context, SOCLE_F32, SOCLE_SHAPE(1)) != SOCLE_STATUS_STATE)
        return 3;
    if (socle_loss_mean_squared_error(net, 0) != SOCLE_STATUS_STATE) return 4;
    socle_tensor_destroy(tensor);
    socle_net_destroy(net);
    socle_close(context);
    if (socle_open(&context, "cpu") != SOCLE_OK) return 5;
    if (socle_tensor_create(&tensor, context, SOCLE_F32, SOCLE_SHAPE(1)) != SOCLE_OK) return 6;
    if (socle_tensor_read(tensor, &value, sizeof value) != SOCLE_OK || value != 0) return 7;
    socle_tensor_destroy(tensor);
    socle_close(context);
    return 0;
}

/* A child has the memory of the context and none of its threads: it is told, and does not hang. */
API_TEST(api_context, is_refused_in_a_child_process) {
    socle_context *context = api_open(device);
    socle_tensor *tensor = api_tensor(context, SOCLE_F32, SOCLE_SHAPE(1));
    socle_net *net = api_net(context);
    int status;
    float value = 1;
    pid_t child = fork();
    SC_TRUE(child >= 0);
    if (!child) {
        alarm(30);
        _exit(use_in_child(context, tensor, net));
    }
    SC_EQ(waitpid(child, &status, 0), child);
    SC_TRUE(WIFEXITED(status));
    SC_EQ(WEXITSTATUS(status), 0);
    API_OK(context, socle_tensor_read(tensor, &value, sizeof value)); /* the parent's goes on */
    SC_EQ_FLOAT_BITS(value, 0);
    socle_net_destroy(net);
    socle_tensor_destroy(tensor);
    socle_close(context);
}

typedef struct busy_context {
    socle_context *context;
    socle_net *net;
    socle_data *data;
    sem_t at_work, looked;
    socle_status inside, fitted;
    char own_text[256];
} busy_context;

static int stand_still(void *user, const socle_epoch *epoch) {
    busy_context *busy = user;
    (void)epoch;
    sem_post(&busy->at_work);
    sem_wait(&busy->looked);
    busy->inside = socle_net_write(busy->net, "dense1.weight", NULL, 0);
    snprintf(busy->own_text, sizeof busy->own_text, "%s", socle_error(busy->context));
    return 0;
}

static void *fit_here(void *user) {
    busy_context *busy = user;
    socle_fit_opts opts = api_opts();
    opts.epochs = 1;
    opts.on_epoch = stand_still;
    opts.user = busy;
    busy->fitted = socle_fit(busy->net, busy->data, &opts);
    return NULL;
}

/* Each of the two threads reads of its own mistake. */
Test(api_context, in_use_by_another_thread) {
    busy_context busy = {.context = api_open("cpu")};
    socle_context *context = busy.context;
    socle_tensor *tensor;
    pthread_t thread;
    busy.net = api_net(context);
    busy.data = api_data(context);
    SC_EQ(sem_init(&busy.at_work, 0, 0), 0);
    SC_EQ(sem_init(&busy.looked, 0, 0), 0);
    SC_EQ(pthread_create(&thread, NULL, fit_here, &busy), 0);
    sem_wait(&busy.at_work);
    API_FAILS(context, socle_tensor_create(&tensor, context, SOCLE_F32, SOCLE_SHAPE(1)),
              SOCLE_STATUS_STATE, "in use by another thread");
    API_FAILS(context, socle_fit(busy.net, busy.data, NULL), SOCLE_STATUS_STATE, "another thread");
    sem_post(&busy.looked);
    SC_EQ(pthread_join(thread, NULL), 0);
    SC_EQ(busy.inside, SOCLE_STATUS_STATE);
    SC_CONTAINS(busy.own_text, "a callback cannot call back");
    SC_EQ(busy.fitted, SOCLE_OK);
    API_OK(context, socle_tensor_create(&tensor, context, SOCLE_F32, SOCLE_SHAPE(1)));
    SC_TRUE(!strstr(socle_error(context), "another thread")); /* that is over */
    socle_tensor_destroy(tensor);
    socle_net_destroy(busy.net);
    socle_data_destroy(busy.data);
    socle_close(context);
    sem_destroy(&busy.at_work);
    sem_destroy(&busy.looked);
}

typedef struct told {
    int calls, plans, number, total;
    bool wrong;
} told;

static void count_building(void *user, const char *what, int number, int total) {
    told *t = user;
    t->calls++;
    if (!what) {
        t->wrong |= number != total || t->number != total;
        t->plans++;
        t->number = 0;
        return;
    }
    t->wrong |= number != ++t->number || number > total || (number > 1 && total != t->total);
    t->total = total;
}

/* One plan after the other, each from its first kernel to its last. */
Test(api_context, tells_how_far_the_building_of_kernels_is) {
    told t = {0};
    socle_progress progress = {count_building, &t};
    socle_open_opts opts = SOCLE_OPEN_OPTS_DEFAULT;
    socle_context *context;
    opts.progress = &progress;
    SC_EQ(socle_open_with(&context, "cpu", &opts), SOCLE_OK);
    socle_net *net = api_net(context);
    socle_data *data = api_data(context);
    socle_fit_opts fit = api_opts();
    t = (told){0}; /* the self-test has kernels too */
    API_OK(context, socle_fit(net, data, &fit));
    SC_TRUE(t.plans > 0 && t.calls > t.plans + 10);
    SC_TRUE(!t.wrong);
    SC_EQ(t.number, 0); /* the last plan was finished */
    socle_net_destroy(net);
    socle_data_destroy(data);
    socle_close(context);
}

SC_OPENCL_BODIES(api_context)
