/* SPDX-License-Identifier: Apache-2.0 */
/* `socle generate`: samples of a network that makes them itself, as a picture, as images that
 * training and prediction read, or as they are. */
#include "cli/model_run.h"
#include "model/net_config.h"
#include "model/pictures.h"

#include <string.h>
#include <sys/stat.h>

enum { KEY_COUNT = 256, KEY_SEED, KEY_NETWORK, KEY_OVERWRITE, STANDARD_COUNT = 64, BATCH = 128 };

/* What the ending of a file's name says. */
typedef enum file_form { PICTURE, IMAGES, TENSOR, NO_FORM } file_form;

typedef struct generate_settings {
    sc_cli *cli;
    sc_model_choice choice;
    const char *output, *network;
    int64_t count, seed, batch;
    file_form form;
    bool overwrite;
} generate_settings;

typedef struct generate_job {
    const generate_settings *settings;
    sc_net *net;
    float *value;
} generate_job;

static bool ends_with(const char *text, const char *ending) {
    size_t length = strlen(text), tail = strlen(ending);
    return length > tail && strcmp(text + length - tail, ending) == 0;
}

static file_form form_of(const char *path) {
    if (ends_with(path, ".png")) return PICTURE;
    if (ends_with(path, ".idx") || ends_with(path, "-ubyte")) return IMAGES;
    return ends_with(path, ".safetensors") ? TENSOR : NO_FORM;
}

static error_t check_settings(generate_settings *settings) {
    struct stat info;
    if (!settings->choice.model) return sc_cli_usage(settings->cli, "which model? -m MODEL");
    if (!settings->output)
        return sc_cli_usage(settings->cli,
                            "into which file? -o FILE.png, FILE.idx or FILE.safetensors");
    settings->form = form_of(settings->output);
    if (settings->form == NO_FORM)
        return sc_cli_usage(settings->cli,
                            "-o: the ending says what is written: .png (a picture), .idx or -ubyte "
                            "(images), .safetensors (numbers), not '%s'",
                            settings->output);
    if (settings->overwrite || stat(settings->output, &info) != 0) return 0;
    return sc_cli_usage(settings->cli, "-o: %s is there already: name another file, or --overwrite",
                        settings->output);
}

static error_t parse(int key, char *arg, struct argp_state *state) {
    generate_settings *settings = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        sc_cli_inputs(state, settings->cli);
        state->child_inputs[0] = &settings->choice;
        return 0;
    case KEY_COUNT:
        return sc_cli_integer(settings->cli, &settings->count, "--count", arg, 1, INT32_MAX);
    case KEY_SEED:
        return sc_cli_integer(settings->cli, &settings->seed, "--seed", arg, 0, INT64_MAX);
    case KEY_NETWORK:
        settings->network = arg;
        return 0;
    case KEY_OVERWRITE:
        settings->overwrite = true;
        return 0;
    case 'o':
        settings->output = arg;
        return 0;
    case 'b':
        return sc_cli_integer(settings->cli, &settings->batch, "--batch", arg, 1, INT32_MAX);
    case ARGP_KEY_ARG:
        return sc_cli_usage(settings->cli,
                            "unexpected argument '%s'; socle generate -m MODEL -o FILE", arg);
    case ARGP_KEY_END:
        return check_settings(settings);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"count", KEY_COUNT, "N", 0, "How many samples (default: 64)", 1},
    {"output", 'o', "FILE", 0,
     "Where to: FILE.png, one picture of all; FILE.idx, images of bytes; FILE.safetensors, the "
     "numbers",
     1},
    {"overwrite", KEY_OVERWRITE, NULL, 0, "Replace FILE if it is there", 1},
    {"seed", KEY_SEED, "S", 0, "Where the noise comes from (default: 1)", 2},
    {"network", KEY_NETWORK, "NAME", 0,
     "Which network of the model (default: the one that makes samples)", 2},
    {"batch", 'b', "N", 0, "Samples at a time (default: 128)", 3},
    {0},
};

static const struct argp_child children[] = {{&sc_model_choice_argp, 0, NULL, 0},
                                             {&sc_cli_device_argp, 0, NULL, 0},
                                             {&sc_cli_common_argp, 0, NULL, 0},
                                             {0}};

const struct argp sc_generate_argp = {
    .options = options,
    .parser = parse,
    .doc = "Writes samples of a network that makes them itself, of noise. Equal seeds give equal "
           "samples, and a larger count the same first ones.",
    .children = children};

static socle_status take(void *user, int parameter, const float *data) {
    return sc_engine_write(user, parameter, data);
}

static socle_status job(sc_device *device, void *argument) {
    generate_job *generate = argument;
    const generate_settings *settings = generate->settings;
    sc_engine *engine;
    const sc_engine_options engine_options = {
        .capacity = settings->count < settings->batch ? settings->count : settings->batch,
        .seed = (uint64_t)settings->seed};
    SC_TRY(sc_engine_create(&engine, device, generate->net, &engine_options));
    socle_status status =
        sc_model_choice_load(device->env, &settings->choice, generate->net, take, engine);
    if (status == SOCLE_OK) status = sc_generate(engine, settings->count, generate->value);
    sc_engine_destroy(engine);
    return status;
}

/* Bytes, as the data that the network was trained on. */
static socle_status write_images(sc_env *env, const generate_job *generate) {
    const generate_settings *settings = generate->settings;
    const sc_tensor_desc *sample = sc_net_desc(generate->net, generate->net->output);
    const size_t values = (size_t)settings->count * (size_t)sc_tensor_elements_at(sample, 1);
    sc_idx idx = {.dtype = SOCLE_U8, .size = {settings->count}, .rank = 1};
    uint8_t *byte;
    if (sample->rank > SC_IDX_MAX_RANK)
        return sc_fail(env, SOCLE_STATUS_CONFIG,
                       "%s: an IDX file has at most %d dimensions; write .safetensors",
                       settings->output, SC_IDX_MAX_RANK);
    const bool grey = sample->rank == SC_IDX_MAX_RANK && sample->dim[1] == 1;
    for (int d = grey ? 2 : 1; d < sample->rank; d++) idx.size[idx.rank++] = sample->dim[d];
    SC_TRY(sc_allocate(env, &byte, values, 1));
    sc_pictures_bytes(generate->net, generate->value, values, byte);
    socle_status status = sc_idx_write(env, settings->output, &idx, byte);
    sc_release(env, byte);
    return status;
}

static socle_status write_tensor(sc_env *env, const generate_job *generate) {
    const generate_settings *settings = generate->settings;
    const sc_tensor_desc *sample = sc_net_desc(generate->net, generate->net->output);
    socle_shape shape = {.rank = sample->rank, .size = {settings->count}};
    sc_safetensors_writer *writer;
    for (int d = 1; d < sample->rank; d++) shape.size[d] = sample->dim[d];
    SC_TRY(sc_safetensors_writer_create(&writer, env, settings->output));
    socle_status status = sc_safetensors_writer_declare(writer, "samples", SOCLE_F32, &shape);
    if (status == SOCLE_OK)
        status = sc_safetensors_writer_data(
            writer, generate->value,
            (size_t)settings->count * (size_t)sc_tensor_elements_at(sample, 1) * sizeof(float));
    if (status == SOCLE_OK) return sc_safetensors_writer_commit(writer);
    sc_safetensors_writer_abandon(writer);
    return status;
}

static socle_status write_file(sc_env *env, const generate_job *generate) {
    const generate_settings *settings = generate->settings;
    if (settings->form == TENSOR) return write_tensor(env, generate);
    if (settings->form == IMAGES) return write_images(env, generate);
    return sc_pictures_write(env, settings->output, generate->net, generate->value,
                             settings->count);
}

/* Before anything is computed. */
static socle_status load(generate_job *generate, sc_env *env) {
    const generate_settings *settings = generate->settings;
    SC_TRY(sc_model_choice_net(&generate->net, &settings->choice, NULL));
    sc_net *net = generate->net;
    if (settings->network) SC_TRY(sc_net_choose_result(net, settings->network));
    if (sc_net_reads_inputs(net, net->output))
        return sc_fail(env, SOCLE_STATUS_CONFIG,
                       "%s: this network makes no samples itself: its result is of what it reads; "
                       "socle predict gives it",
                       settings->choice.model);
    if (settings->form == PICTURE) SC_TRY(sc_pictures_check(net, settings->count));
    return sc_allocate(env, &generate->value,
                       (size_t)settings->count *
                           (size_t)sc_tensor_elements_at(sc_net_desc(net, net->output), 1),
                       sizeof(float));
}

socle_status sc_generate_command(sc_cli *cli, int argc, char **argv) {
    generate_settings settings = {
        .cli = cli, .choice.cli = cli, .count = STANDARD_COUNT, .seed = 1, .batch = BATCH};
    generate_job generate = {.settings = &settings};
    sc_worker *worker;
    SC_TRY(sc_cli_parse(cli, &sc_generate_argp, argc, argv, &settings));
    if (cli->helped) return SOCLE_OK;
    socle_status status = load(&generate, &cli->env);
    if (status == SOCLE_OK) status = sc_cli_open_worker(cli, &worker, false);
    if (status == SOCLE_OK) {
        status = sc_worker_run(worker, job, &generate, 0);
        sc_worker_destroy(worker);
    }
    if (status == SOCLE_OK) status = write_file(&cli->env, &generate);
    sc_release(&cli->env, generate.value);
    sc_net_destroy(generate.net);
    return status;
}
