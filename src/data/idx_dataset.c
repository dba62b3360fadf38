/* SPDX-License-Identifier: Apache-2.0 */
/* Data sets of IDX and .npy files, of one or several. See idx.h. */
#include "data/column_kind.h"
#include "data/files.h"
#include "data/idx.h"

#include <inttypes.h>
#include <string.h>

socle_status sc_idx_check_alike(sc_env *env, const sc_idx *a, const char *first, const sc_idx *b,
                                const char *path) {
    bool alike = a->dtype == b->dtype && a->rank == b->rank;
    for (int i = 1; alike && i < a->rank; i++) alike = a->size[i] == b->size[i];
    if (alike) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_DATA,
                   "%s: has elements of another type, or other sizes, than %s, and both are to "
                   "be one",
                   path, first);
}

/* Puts *more behind `out`, whose data have room for `capacity` bytes. */
static socle_status append(sc_idx *out, size_t *capacity, sc_env *env, const char *first,
                           const char *path, const sc_idx *more) {
    size_t bytes;
    SC_TRY(sc_idx_check_alike(env, out, first, more, path));
    if (!sc_add_size(&bytes, out->bytes, more->bytes))
        return sc_fail(env, SOCLE_STATUS_OUT_OF_MEMORY, "%s: is too large", path);
    SC_TRY(sc_grow(env, &out->data, capacity, bytes, 1));
    memcpy((char *)out->data + out->bytes, more->data, more->bytes);
    out->bytes = bytes;
    out->size[0] += more->size[0];
    return SOCLE_OK;
}

static socle_status read_files(sc_idx *out, const sc_files *files) {
    SC_TRY(sc_idx_read_file(out, files->env, files->path[0]));
    size_t capacity = out->bytes;
    for (size_t i = 1; i < files->count; i++) {
        sc_idx more;
        SC_TRY(sc_idx_read_file(&more, files->env, files->path[i]));
        socle_status status =
            append(out, &capacity, files->env, files->path[0], files->path[i], &more);
        sc_idx_free(&more, files->env);
        SC_TRY(status);
    }
    return SOCLE_OK;
}

socle_status sc_idx_read(sc_idx *out, sc_env *env, const char *paths) {
    sc_files files;
    *out = (sc_idx){0};
    SC_TRY(sc_files_find(&files, env, paths));
    socle_status status = read_files(out, &files);
    sc_files_free(&files);
    if (status != SOCLE_OK) sc_idx_free(out, env);
    return status;
}

static void release_data(void *env, const void *data) {
    sc_release(env, (void *)data);
}

/* The data go over to the data set. */
static socle_status add_column(sc_dataset *dataset, sc_env *env, sc_idx *idx, const char *name,
                               const socle_shape *shape) {
    SC_TRY(sc_dataset_add_borrowed(dataset, name, idx->dtype, shape, idx->data, release_data, env));
    idx->data = NULL;
    return SOCLE_OK;
}

void sc_idx_sample_shape(socle_shape *out, const sc_idx *idx) {
    *out = (socle_shape){0};
    if (idx->rank != 2) out->size[out->rank++] = 1;
    if (idx->rank == 4) out->rank = 0;
    for (int i = 1; i < idx->rank; i++) out->size[out->rank++] = idx->size[i];
}

static socle_status add_samples(sc_dataset *dataset, sc_env *env, sc_idx *idx, const char *name) {
    socle_shape shape;
    sc_idx_sample_shape(&shape, idx);
    return add_column(dataset, env, idx, name, &shape);
}

static socle_status check_count(const sc_dataset *dataset, sc_env *env, const char *path,
                                const sc_idx *idx, const char *what) {
    if (idx->size[0] == sc_dataset_count(dataset)) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_DATA,
                   "%s: byte 4: %" PRId64 " %s, but %s has %" PRId64 " images", path, idx->size[0],
                   what, sc_dataset_label(dataset), sc_dataset_count(dataset));
}

/* One value for each sample, token or pixel, in a column of this kind. `what` they are called. */
static socle_status add_rows(sc_dataset *dataset, sc_env *env, const char *path, sc_idx *idx,
                             const char *name, const char *what) {
    char sizes[96];
    enum { MOST = 3 }; /* [N], of tokens [N,T], of pixels [N,H,W] */
    socle_shape shape = {0};
    if (idx->rank > MOST) {
        sc_idx_sizes_text(sizes, sizeof sizes, idx);
        return sc_fail(env, SOCLE_STATUS_DATA,
                       "%s: byte 3: %s have 1 to %d dimensions, not %d (%s)", path, what, MOST,
                       idx->rank, sizes);
    }
    SC_TRY(check_count(dataset, env, path, idx, what));
    for (int i = 1; i < idx->rank; i++) shape.size[shape.rank++] = idx->size[i];
    if (idx->dtype == SOCLE_F32 && idx->rank == 1) shape.size[shape.rank++] = 1;
    SC_TRY(add_column(dataset, env, idx, name, &shape));
    return sc_dataset_set_source(dataset, name, path);
}

static socle_status add_labels(sc_dataset *dataset, sc_env *env, const char *path, sc_idx *idx) {
    bool values = idx->dtype == SOCLE_F32;
    const char *name = sc_column_name(values ? SC_COLUMN_TARGET : SC_COLUMN_LABEL);
    return add_rows(dataset, env, path, idx, name, "labels");
}

socle_status sc_dataset_from_idx(sc_dataset **out, sc_env *env, const char *images,
                                 const char *labels) {
    return sc_dataset_from_images(out, env, images, labels, SC_IMAGES_ASK);
}

socle_status sc_dataset_add_labels(sc_dataset *dataset, sc_env *env, const char *paths) {
    sc_idx idx;
    char *label;
    SC_TRY(sc_idx_read(&idx, env, paths));
    socle_status status = sc_files_label(&label, env, paths);
    if (status == SOCLE_OK) status = add_labels(dataset, env, label, &idx);
    sc_release(env, label);
    sc_idx_free(&idx, env);
    return status;
}

socle_status sc_dataset_of_idx(sc_dataset **out, sc_env *env, const char *label, sc_idx *idx,
                               sc_image_layout layout) {
    *out = NULL;
    socle_status status = sc_idx_order(idx, env, label, layout);
    if (status == SOCLE_OK) status = sc_dataset_create(out, env, label, idx->size[0]);
    if (status == SOCLE_OK) status = add_samples(*out, env, idx, sc_column_name(SC_COLUMN_INPUT));
    sc_idx_free(idx, env);
    if (status == SOCLE_OK) return SOCLE_OK;
    sc_dataset_destroy(*out);
    *out = NULL;
    return status;
}

static socle_status read_images(sc_dataset **out, sc_env *env, const char *paths, const char *label,
                                sc_image_layout layout) {
    sc_idx idx;
    SC_TRY(sc_idx_read(&idx, env, paths));
    return sc_dataset_of_idx(out, env, label, &idx, layout);
}

socle_status sc_dataset_from_images(sc_dataset **out, sc_env *env, const char *images,
                                    const char *labels, sc_image_layout layout) {
    char *label;
    *out = NULL;
    SC_TRY(sc_files_label(&label, env, images));
    socle_status status = read_images(out, env, images, label, layout);
    sc_release(env, label);
    if (status == SOCLE_OK && labels) status = sc_dataset_add_labels(*out, env, labels);
    if (status == SOCLE_OK) return SOCLE_OK;
    sc_dataset_destroy(*out);
    *out = NULL;
    return status;
}

static socle_status add_file(sc_dataset *dataset, sc_env *env, sc_idx *idx, const char *name,
                             const char *path, sc_image_layout layout) {
    SC_TRY(check_count(dataset, env, path, idx, "samples"));
    SC_TRY(sc_idx_order(idx, env, path, layout));
    SC_TRY(add_samples(dataset, env, idx, name));
    return sc_dataset_set_source(dataset, name, path);
}

socle_status sc_dataset_add_idx(sc_dataset *dataset, sc_env *env, const char *name,
                                const char *paths, sc_image_layout layout) {
    sc_idx idx;
    char *label = NULL;
    SC_TRY(sc_idx_read(&idx, env, paths));
    socle_status status = sc_files_label(&label, env, paths);
    if (status == SOCLE_OK) status = add_file(dataset, env, &idx, name, label, layout);
    sc_release(env, label);
    sc_idx_free(&idx, env);
    return status;
}

socle_status sc_dataset_add_idx_rows(sc_dataset *dataset, sc_env *env, const char *name,
                                     const char *paths) {
    sc_idx idx;
    char *label = NULL;
    SC_TRY(sc_idx_read(&idx, env, paths));
    socle_status status = sc_files_label(&label, env, paths);
    if (status == SOCLE_OK) status = add_rows(dataset, env, label, &idx, name, "values");
    sc_release(env, label);
    sc_idx_free(&idx, env);
    return status;
}
