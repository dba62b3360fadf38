/* SPDX-License-Identifier: Apache-2.0 */
/* Pictures of a folder that are read when they are needed. See folder.h. */
#include "base/hash.h"
#include "data/column_kind.h"
#include "data/folder.h"

#include <pthread.h>

typedef struct stream {
    sc_folder folder;
    sc_picture_form form;
    pthread_mutex_t mutex; /* the pool serves one device at a time */
    sc_thread_pool *pool;  /* under mutex; NULL: nothing was read yet */
} stream;

static socle_status read_rows(void *user, sc_env *env, const uint32_t *row, uint32_t count,
                              void *out) {
    stream *of = user;
    pthread_mutex_lock(&of->mutex);
    socle_status status = of->pool ? SOCLE_OK : sc_thread_pool_create(&of->pool, env, 0);
    if (status == SOCLE_OK)
        status = sc_folder_read_pictures(&of->folder, env, of->pool, &of->form, row, count, out);
    pthread_mutex_unlock(&of->mutex);
    return status;
}

static void close_stream(void *user) {
    stream *of = user;
    sc_env *env = of->folder.env;
    sc_thread_pool_destroy(of->pool);
    pthread_mutex_destroy(&of->mutex);
    sc_folder_free(&of->folder);
    sc_release(env, of);
}

static socle_status stamp_files(sc_folder *folder, size_t count) {
    SC_TRY(sc_allocate(folder->env, &folder->stamp, count, sizeof *folder->stamp));
    for (size_t i = 0; i < count; i++)
        SC_TRY(sc_folder_stamp(&folder->stamp[i], folder->env, folder->file[i]));
    return SOCLE_OK;
}

static socle_status add_labels(sc_dataset *dataset, const sc_folder *folder) {
    const socle_shape one = {0};
    if (!folder->class) return SOCLE_OK;
    return sc_dataset_add_copy(dataset, sc_column_name(SC_COLUMN_LABEL), SOCLE_I32, &one,
                               folder->label);
}

/* Takes the folder over if it succeeds. */
static socle_status add_pictures(sc_dataset *dataset, sc_folder *folder,
                                 const sc_picture_form *form) {
    const socle_shape shape = {.rank = 3, .size = {form->channels, form->height, form->width}};
    const size_t bytes = (size_t)sc_dataset_count(dataset) * sizeof *folder->stamp;
    stream *of;
    SC_TRY(sc_allocate(folder->env, &of, 1, sizeof *of));
    *of = (stream){.folder = *folder, .form = *form};
    const sc_row_source source = {.user = of,
                                  .read = read_rows,
                                  .release = close_stream,
                                  .stamp = sc_hash_bytes(folder->stamp, bytes, 0).low};
    socle_status status = sc_dataset_add_streamed(dataset, sc_column_name(SC_COLUMN_INPUT),
                                                  SOCLE_U8, &shape, &source);
    if (status != SOCLE_OK) {
        sc_release(folder->env, of);
        return status;
    }
    pthread_mutex_init(&of->mutex, NULL);
    *folder = (sc_folder){0};
    return SOCLE_OK;
}

socle_status sc_folder_stream(sc_dataset **out, sc_folder *folder, const sc_picture_form *form,
                              int64_t limit) {
    int64_t count = (int64_t)folder->files;
    if (limit && limit < count) count = limit;
    SC_TRY(sc_dataset_create(out, folder->env, folder->path, count));
    socle_status status = stamp_files(folder, (size_t)count);
    if (status == SOCLE_OK) status = add_labels(*out, folder);
    if (status == SOCLE_OK) status = add_pictures(*out, folder, form);
    if (status == SOCLE_OK) return SOCLE_OK;
    sc_dataset_destroy(*out);
    *out = NULL;
    return status;
}
