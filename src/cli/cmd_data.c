/* SPDX-License-Identifier: Apache-2.0 */
/* `socle data`: what is in a file of samples, or in the data of a configuration. What a file is,
 * its ending and its first bytes say. */
#include "cli/data_report.h"
#include "cli/foreign.h"
#include "cli/predict_input.h"
#include "data/npy.h"
#include "data/npz.h"
#include "io/safetensors.h"
#include "run/recipe_config.h"

#include <string.h>

typedef struct data_settings {
    sc_cli *cli;
    const char *path;
} data_settings;

static error_t parse(int key, char *arg, struct argp_state *state) {
    data_settings *settings = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        sc_cli_inputs(state, settings->cli);
        return 0;
    case ARGP_KEY_ARG:
        if (settings->path) return sc_cli_usage(settings->cli, "one file at a time");
        settings->path = arg;
        return 0;
    case ARGP_KEY_END:
        if (settings->path) return 0;
        return sc_cli_usage(settings->cli, "of what? socle data FILE, or socle data CONFIG");
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&sc_cli_common_argp, 0, NULL, 0}, {0}};

const struct argp sc_data_argp = {
    .parser = parse,
    .args_doc = "FILE",
    .doc =
        "Shows what is in a file of samples (CSV, IDX, .npy, plain or gzip; .npz; PNG, JPEG, or a "
        "folder "
        "of them, or of a folder for each class): columns, what their values are, how many are "
        "missing, their range or the times of each. Of a configuration (.yaml, .yml, .json): its "
        "data, and what becomes of them.",
    .children = children};

static socle_status report_part(sc_cli *cli, const sc_config *config, const char *name,
                                const char *preparation, sc_dataset **out) {
    char part[32];
    SC_TRY(sc_recipe_data(out, &cli->env, config, name, preparation));
    snprintf(part, sizeof part, "data.%s", name);
    return *out ? sc_data_report_set(cli, part, *out) : SOCLE_OK;
}

static socle_status report_config(sc_cli *cli, const char *path) {
    sc_config *config;
    sc_dataset *train = NULL, *validation = NULL, *test = NULL;
    SC_TRY(sc_recipe_load_config(&config, &cli->env, path));
    socle_status status = report_part(cli, config, "train", NULL, &train);
    const char *learnt = train ? sc_dataset_preparation(train) : NULL;
    if (status == SOCLE_OK) status = report_part(cli, config, "validation", learnt, &validation);
    if (status == SOCLE_OK) status = report_part(cli, config, "test", learnt, &test);
    if (status == SOCLE_OK && !train && !validation && !test)
        status = sc_fail(&cli->env, SOCLE_STATUS_CONFIG, "%s: has no data", path);
    sc_dataset_destroy(train);
    sc_dataset_destroy(validation);
    sc_dataset_destroy(test);
    sc_config_destroy(config);
    return status;
}

static bool ends_with(const char *path, const char *ending) {
    size_t length = strlen(path), size = strlen(ending);
    return length > size && strcmp(path + length - size, ending) == 0;
}

/* How the samples of a file lie in it. */
typedef enum form { CSV, ARRAY, ARCHIVE, WEIGHTS } form;

/* What begins as another kind of file would only be called a bad text. */
static socle_status check_text(sc_env *env, const char *path, const unsigned char *head,
                               size_t size) {
    const sc_foreign *kind = sc_foreign_kind(head, size);
    if (size == 0 || (kind && kind->text)) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_DATA,
                   "%s: is %s; samples are read from CSV, IDX, .npy, .npz, PNG and JPEG files",
                   path, kind ? kind->what : "no text, and no kind of file that is known");
}

/* No text begins with two zero bytes, and every IDX file does; nor as a .npy file does. */
static socle_status find_form(form *out, sc_env *env, const char *path) {
    sc_input input;
    sc_stream *stream;
    unsigned char head[16] = {1};
    size_t got = 0;
    SC_TRY(sc_input_open(&input, env, path));
    SC_TRY(sc_stream_open(&stream, &input));
    socle_status status = sc_stream_read(stream, head, sizeof head, &got);
    sc_stream_close(stream);
    SC_TRY(status);
    *out = WEIGHTS;
    if (sc_may_be_safetensors(head, got) || ends_with(path, ".safetensors")) return SOCLE_OK;
    *out = ARCHIVE;
    if (got >= 4 && sc_npz_begins(head)) return SOCLE_OK;
    *out = ARRAY;
    if (got >= 4 && ((!head[0] && !head[1]) || sc_npy_begins(head))) return SOCLE_OK;
    *out = CSV;
    return check_text(env, path, head, got);
}

/* Says what a file of weights is, or what is wrong with it. */
static socle_status refuse_weights(sc_cli *cli, const char *path) {
    sc_safetensors *file;
    SC_TRY(sc_safetensors_open(&file, &cli->env, path));
    size_t count = sc_safetensors_count(file);
    sc_safetensors_close(file);
    return sc_fail(&cli->env, SOCLE_STATUS_DATA,
                   "%s: has no samples: it is a safetensors file of %zu tensor%s, as models are; "
                   "`socle inspect` shows them",
                   path, count, count == 1 ? "" : "s");
}

static socle_status report_array(sc_cli *cli, const char *path) {
    sc_dataset *dataset;
    SC_TRY(sc_dataset_from_images(&dataset, &cli->env, path, NULL, SC_IMAGES_NCHW));
    socle_status status = sc_data_report_set(cli, NULL, dataset);
    sc_dataset_destroy(dataset);
    return status;
}

static socle_status report_member(sc_cli *cli, sc_npz *npz, int64_t index, const char *path) {
    sc_dataset *dataset = NULL;
    sc_idx idx = {0};
    sc_text label;
    char *name;
    sc_text_init(&label, &cli->env);
    SC_TRY(sc_npz_name(&name, npz, index));
    sc_text_add(&label, "%s:%s", path, name);
    socle_status status = label.status;
    if (status == SOCLE_OK) status = sc_npz_read(&idx, npz, index);
    if (status == SOCLE_OK)
        status = sc_dataset_of_idx(&dataset, &cli->env, label.data, &idx, SC_IMAGES_NCHW);
    if (status == SOCLE_OK) status = sc_data_report_set(cli, NULL, dataset);
    sc_dataset_destroy(dataset);
    sc_release(&cli->env, name);
    sc_text_free(&label);
    return status;
}

/* Each of its arrays. */
static socle_status report_archive(sc_cli *cli, const char *path) {
    sc_npz *npz;
    SC_TRY(sc_npz_open(&npz, &cli->env, path));
    socle_status status = SOCLE_OK;
    for (int64_t i = 0; status == SOCLE_OK && i < sc_npz_count(npz); i++)
        status = report_member(cli, npz, i, path);
    sc_npz_close(npz);
    return status;
}

/* Folders in a folder are classes; their names come with the preparation. */
static socle_status read_pictures(sc_dataset **out, const sc_folder *folder) {
    const sc_names classes = {folder->class, folder->classes};
    sc_preparation preparation;
    sc_picture_form form = {0};
    char *text = NULL;
    SC_TRY(sc_folder_form(folder, &form));
    SC_TRY(sc_folder_read(out, folder, &form, 0));
    SC_TRY(sc_preparation_of_pictures(&preparation, folder->env, &form, &classes));
    socle_status status = sc_preparation_text(&text, &preparation);
    if (status == SOCLE_OK) status = sc_dataset_set_preparation(*out, text);
    sc_release(folder->env, text);
    sc_preparation_free(&preparation);
    return status;
}

static socle_status report_pictures(sc_cli *cli, const char *path) {
    sc_folder folder;
    sc_dataset *dataset = NULL;
    socle_status status = sc_folder_list_files(&folder, &cli->env, path);
    if (status == SOCLE_STATUS_DATA) status = sc_folder_list(&folder, &cli->env, path, NULL);
    SC_TRY(status);
    status = read_pictures(&dataset, &folder);
    if (status == SOCLE_OK) status = sc_data_report_set(cli, NULL, dataset);
    sc_dataset_destroy(dataset);
    sc_folder_free(&folder);
    return status;
}

static socle_status report_csv(sc_cli *cli, const char *path) {
    const sc_frame_format format = {.finds_decimal = true};
    sc_frame frame;
    SC_TRY(sc_frame_read_csv(&frame, &cli->env, path, &format));
    socle_status status = sc_data_report_frame(cli, &frame);
    sc_frame_free(&frame);
    return status;
}

static socle_status report_file(sc_cli *cli, const char *path) {
    form form = CSV;
    SC_TRY(find_form(&form, &cli->env, path));
    switch (form) {
    case ARCHIVE:
        return report_archive(cli, path);
    case ARRAY:
        return report_array(cli, path);
    case WEIGHTS:
        return refuse_weights(cli, path);
    default:
        return report_csv(cli, path);
    }
}

socle_status sc_data_command(sc_cli *cli, int argc, char **argv) {
    data_settings settings = {.cli = cli};
    SC_TRY(sc_cli_parse(cli, &sc_data_argp, argc, argv, &settings));
    if (cli->helped) return SOCLE_OK;
    const char *path = settings.path;
    if (ends_with(path, ".yaml") || ends_with(path, ".yml") || ends_with(path, ".json"))
        return report_config(cli, path);
    socle_status status =
        sc_is_pictures(path) ? report_pictures(cli, path) : report_file(cli, path);
    return status == SOCLE_STATUS_NOT_FOUND || status == SOCLE_STATUS_IO ? SOCLE_STATUS_DATA
                                                                         : status;
}
