/* SPDX-License-Identifier: Apache-2.0 */
/* The pictures of a folder as samples. See folder.h. */
#include "data/column_kind.h"
#include "data/folder.h"

socle_status sc_folder_form(const sc_folder *folder, sc_picture_form *form) {
    sc_picture picture;
    if (form->height && form->width && form->channels) return SOCLE_OK;
    SC_TRY(sc_picture_read(&picture, folder->env, folder->file[0]));
    if (!form->height || !form->width) {
        form->height = picture.height;
        form->width = picture.width;
    }
    if (!form->channels) form->channels = picture.channels;
    sc_picture_free(&picture, folder->env);
    return SOCLE_OK;
}

socle_status sc_folder_read_one(const sc_folder *folder, sc_env *env, const sc_picture_form *form,
                                size_t index, uint8_t *out) {
    sc_picture picture;
    SC_TRY(sc_picture_read(&picture, env, folder->file[index]));
    socle_status status = sc_picture_fit(&picture, env, folder->file[index], form, out);
    sc_picture_free(&picture, env);
    return status;
}

static socle_status read_all(sc_dataset *dataset, const sc_folder *folder,
                             const sc_picture_form *form) {
    const socle_shape one = {0},
                      shape = {.rank = 3, .size = {form->channels, form->height, form->width}};
    const char *input = sc_column_name(SC_COLUMN_INPUT), *label = sc_column_name(SC_COLUMN_LABEL);
    size_t count = (size_t)sc_dataset_count(dataset);
    void *pixels;
    SC_TRY(sc_dataset_add_new(dataset, &pixels, input, SOCLE_U8, &shape));
    size_t bytes = sc_dataset_column(dataset, 0)->row_bytes;
    for (size_t i = 0; i < count; i++)
        SC_TRY(sc_folder_read_one(folder, folder->env, form, i, (uint8_t *)pixels + i * bytes));
    return folder->class ? sc_dataset_add_copy(dataset, label, SOCLE_I32, &one, folder->label)
                         : SOCLE_OK;
}

socle_status sc_folder_read(sc_dataset **out, const sc_folder *folder, const sc_picture_form *form,
                            int64_t limit) {
    int64_t count = (int64_t)folder->files;
    if (limit && limit < count) count = limit;
    SC_TRY(sc_dataset_create(out, folder->env, folder->path, count));
    socle_status status = read_all(*out, folder, form);
    if (status == SOCLE_OK) return SOCLE_OK;
    sc_dataset_destroy(*out);
    *out = NULL;
    return status;
}
