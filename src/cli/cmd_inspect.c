/* SPDX-License-Identifier: Apache-2.0 */
/* `socle inspect FILE`: the header of a model, checkpoint or data file, without reading its data.
 * What a file is, its first bytes say. */
#include "cli/cli.h"
#include "cli/foreign.h"
#include "io/quote.h"
#include "io/safetensors.h"
#include "io/stream.h"

#include <ctype.h>
#include <string.h>

typedef struct inspect_settings {
    sc_cli *cli;
    const char *path;
} inspect_settings;

static error_t parse(int key, char *arg, struct argp_state *state) {
    inspect_settings *settings = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        sc_cli_inputs(state, settings->cli);
        return 0;
    case ARGP_KEY_ARG:
        if (settings->path) return sc_cli_usage(settings->cli, "one file at a time");
        settings->path = arg;
        return 0;
    case ARGP_KEY_NO_ARGS:
        return sc_cli_usage(settings->cli, "which file? socle inspect FILE");
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&sc_cli_common_argp, 0, NULL, 0}, {0}};

const struct argp sc_inspect_argp = {.parser = parse,
                                     .args_doc = "FILE",
                                     .doc = "Prints what a safetensors or IDX file holds.",
                                     .children = children};

/* As the tool writes types everywhere: in small letters. */
static const char *dtype_word(const sc_safetensors_tensor *tensor, char out[16]) {
    size_t i = 0;
    for (; tensor->word[i] && i < 15; i++) out[i] = (char)tolower((unsigned char)tensor->word[i]);
    out[i] = '\0';
    return out;
}

static void shape_text(char out[160], const socle_shape *shape) {
    size_t used = 0;
    out[0] = '\0';
    for (int d = 0; d < shape->rank && used < 140; d++)
        used += (size_t)snprintf(out + used, 160 - used, "%s%lld", d ? "x" : "",
                                 (long long)shape->size[d]);
    if (!shape->rank) strcpy(out, "scalar");
}

static json_t *shape_json(const socle_shape *shape) {
    json_t *list = json_array();
    for (int d = 0; d < shape->rank; d++) json_array_append_new(list, json_integer(shape->size[d]));
    return list;
}

static void print_tensors_json(sc_cli *cli, const sc_safetensors *file) {
    json_t *event = sc_report(NULL), *metadata = json_object(), *tensors = json_array();
    for (size_t i = 0; i < sc_safetensors_metadata_count(file); i++) {
        const char *key, *value;
        sc_safetensors_metadata_at(file, i, &key, &value);
        sc_report_text(metadata, key, value);
    }
    for (size_t i = 0; i < sc_safetensors_count(file); i++) {
        const sc_safetensors_tensor *tensor = sc_safetensors_at(file, i);
        json_t *entry = json_object();
        sc_report_text(entry, "name", tensor->name);
        char word[16];
        sc_report_text(entry, "dtype", dtype_word(tensor, word));
        sc_report_value(entry, "shape", shape_json(&tensor->shape));
        sc_report_integer(entry, "bytes", (int64_t)tensor->bytes);
        json_array_append_new(tensors, entry);
    }
    sc_report_text(event, "format", "safetensors");
    sc_report_value(event, "metadata", metadata);
    sc_report_value(event, "tensors", tensors);
    sc_report_print(cli, event);
}

static socle_status print_tensors(sc_cli *cli, const sc_safetensors *file) {
    static const sc_table_column columns[] = {{"TENSOR", .least = 8},
                                              {"TYPE", .right = false},
                                              {"SHAPE", .right = false},
                                              {"BYTES", .right = true}};
    for (size_t i = 0; i < sc_safetensors_metadata_count(file); i++) {
        const char *key, *value;
        sc_safetensors_metadata_at(file, i, &key, &value);
        printf("%s: ", sc_quote(key).text);
        sc_cli_put(stdout, cli->verbose ? value : sc_quote(value).text);
        putchar('\n');
    }
    sc_table *table;
    SC_TRY(sc_table_create(&table, &cli->env, columns, sizeof columns / sizeof columns[0]));
    for (size_t i = 0; i < sc_safetensors_count(file); i++) {
        const sc_safetensors_tensor *tensor = sc_safetensors_at(file, i);
        char shape[160], word[16];
        shape_text(shape, &tensor->shape);
        sc_table_cell(table, "%s", sc_quote(tensor->name).text);
        sc_table_cell(table, "%s", dtype_word(tensor, word));
        sc_table_cell(table, "%s", shape);
        sc_table_cell(table, "%zu", tensor->bytes);
    }
    socle_status status = sc_table_print(table, stdout);
    sc_table_destroy(table);
    return status;
}

static socle_status inspect_safetensors(sc_cli *cli, const char *path) {
    sc_safetensors *file;
    SC_TRY(sc_safetensors_open(&file, &cli->env, path));
    socle_status status = SOCLE_OK;
    if (cli->json)
        print_tensors_json(cli, file);
    else
        status = print_tensors(cli, file);
    sc_safetensors_close(file);
    return status;
}

static const char *idx_type(unsigned char code) {
    switch (code) {
    case 0x08:
        return "u8";
    case 0x09:
        return "i8";
    case 0x0b:
        return "i16";
    case 0x0c:
        return "i32";
    case 0x0d:
        return "f32";
    case 0x0e:
        return "f64";
    default:
        return NULL;
    }
}

static int64_t big_endian(const unsigned char *byte) {
    return (int64_t)byte[0] << 24 | byte[1] << 16 | byte[2] << 8 | byte[3];
}

/* `head` holds what the file begins with, unpacked. */
static socle_status print_idx(sc_cli *cli, const char *path, const unsigned char *head, size_t size,
                              bool gzip) {
    int rank = head[3];
    const char *type = idx_type(head[2]);
    if (!type || rank < 1 || size < 4 + 4 * (size_t)rank || rank > SOCLE_MAX_RANK)
        return sc_fail(&cli->env, SOCLE_STATUS_DATA,
                       "%s: an IDX header with type 0x%02x and rank %d, or cut off", path,
                       (unsigned)head[2], rank);
    socle_shape shape = {.rank = rank};
    char text[160];
    for (int d = 0; d < rank; d++) shape.size[d] = big_endian(head + 4 + 4 * d);
    shape_text(text, &shape);
    if (!cli->json) {
        printf("IDX%s, %s, %s\n", gzip ? " (gzip)" : "", type, text);
        return SOCLE_OK;
    }
    json_t *event = sc_report(NULL);
    sc_report_text(event, "format", "idx");
    sc_report_value(event, "gzip", json_boolean(gzip));
    sc_report_text(event, "dtype", type);
    sc_report_value(event, "shape", shape_json(&shape));
    sc_report_print(cli, event);
    return SOCLE_OK;
}

static socle_status fail_foreign(sc_cli *cli, const char *path, const unsigned char *head,
                                 size_t size) {
    const sc_foreign *kind = sc_foreign_kind(head, size);
    char begin[3 * 8 + 16] = "begins with";
    for (size_t i = 0; !kind && i < size && i < 8; i++)
        sprintf(begin + strlen(begin), " %02x", (unsigned)head[i]);
    return sc_fail(&cli->env, SOCLE_STATUS_DATA,
                   "%s: neither a safetensors nor an IDX file: it %s%s%s%s", path,
                   kind ? "is " : "", kind ? kind->what : begin, kind && *kind->advice ? "; " : "",
                   kind ? kind->advice : "");
}

socle_status sc_inspect_command(sc_cli *cli, int argc, char **argv) {
    inspect_settings settings = {.cli = cli};
    SC_TRY(sc_cli_parse(cli, &sc_inspect_argp, argc, argv, &settings));
    if (cli->helped) return SOCLE_OK;
    sc_input input;
    sc_stream *stream;
    unsigned char head[4 + 4 * SOCLE_MAX_RANK] = {0};
    size_t size = 0;
    socle_status status = sc_input_open(&input, &cli->env, settings.path);
    if (status == SOCLE_STATUS_IO)
        status = SOCLE_STATUS_DATA; /* what it names is no file that could be read */
    SC_TRY(status);
    SC_TRY(sc_stream_open(&stream, &input));
    status = sc_stream_read(stream, head, sizeof head, &size);
    bool gzip = sc_stream_is_gzip(stream);
    sc_stream_close(stream);
    SC_TRY(status);
    if (size >= 4 && head[0] == 0 && head[1] == 0 && idx_type(head[2]))
        return print_idx(cli, settings.path, head, size, gzip);
    if (gzip || !sc_may_be_safetensors(head, size))
        return fail_foreign(cli, settings.path, head, size);
    return inspect_safetensors(cli, settings.path);
}
