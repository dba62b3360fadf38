/* SPDX-License-Identifier: Apache-2.0 */
/* Samples from pictures in folders, a folder per class. What the training data are like, sizes and
 * names of classes, holds for other parts too, and for what a model is asked about. */
#include "data/folder.h"
#include "run/readers.h"

#include <string.h>

/* What decides how a sample is made; another part of the data cannot have it otherwise. */
static const char *const learnt_keys[] = {"size", "colour", NULL};

/* Height and width; 0, 0: not given. */
static socle_status size_of(int64_t size[2], const sc_config *config, const json_t *json) {
    size_t count = 0;
    size[0] = size[1] = 0;
    if (json_object_get(json, "size"))
        SC_TRY(sc_config_get_integers(size, &count, 2, config, json, "size", 1, SC_PICTURE_SIDE));
    if (count == 1) size[1] = size[0];
    return SOCLE_OK;
}

static socle_status form_of(sc_picture_form *out, const sc_reading *reading) {
    const char *colour = reading->part->colour;
    int64_t size[2];
    SC_TRY(size_of(size, reading->config, reading->json));
    *out = (sc_picture_form){.height = size[0], .width = size[1], .scaled = size[0] > 0};
    if (colour) out->channels = strcmp(colour, "grey") == 0 ? 1 : 3;
    out->grey = out->channels == 1;
    return SOCLE_OK;
}

static socle_status read_samples(sc_dataset **out, const sc_reading *reading, sc_folder *folder,
                                 const sc_preparation *preparation) {
    char *text;
    int64_t limit = reading->part->limit;
    if (sc_reading_streams(reading))
        SC_TRY(sc_folder_stream(out, folder, &preparation->picture, limit));
    else
        SC_TRY(sc_folder_read(out, folder, &preparation->picture, limit));
    SC_TRY(sc_preparation_text(&text, preparation));
    socle_status status = sc_dataset_set_preparation(*out, text);
    sc_release(reading->env, text);
    return status;
}

static socle_status learn(sc_preparation *out, const sc_reading *reading, const sc_folder *folder) {
    const sc_names classes = {folder->class, folder->classes};
    sc_picture_form form;
    SC_TRY(form_of(&form, reading));
    SC_TRY(sc_folder_form(folder, &form));
    return sc_preparation_of_pictures(out, reading->env, &form, &classes);
}

static socle_status read_anew(sc_dataset **out, const sc_reading *reading) {
    sc_folder folder;
    sc_preparation preparation = {0};
    SC_TRY(sc_folder_list(&folder, reading->env, reading->part->folder, NULL));
    socle_status status = learn(&preparation, reading, &folder);
    if (status == SOCLE_OK) status = read_samples(out, reading, &folder, &preparation);
    sc_preparation_free(&preparation);
    sc_folder_free(&folder);
    return status;
}

static socle_status read_by(sc_dataset **out, const sc_reading *reading,
                            const sc_preparation *preparation) {
    const sc_field *field = sc_preparation_classes(preparation);
    sc_folder folder;
    SC_TRY(sc_preparation_check(preparation, SC_MADE_OF_PICTURES, reading->part->folder));
    const sc_names known = {field ? field->category : NULL, field ? field->categories : 0};
    SC_TRY(sc_folder_list(&folder, reading->env, reading->part->folder, field ? &known : NULL));
    socle_status status = read_samples(out, reading, &folder, preparation);
    sc_folder_free(&folder);
    return status;
}

static socle_status read_folder(sc_dataset **out, const sc_reading *reading) {
    sc_preparation preparation;
    bool known;
    *out = NULL;
    SC_TRY(sc_reading_learnt(&preparation, &known, reading, learnt_keys));
    if (!known) return read_anew(out, reading);
    socle_status status = read_by(out, reading, &preparation);
    sc_preparation_free(&preparation);
    return status;
}

static socle_status resolve_folder(json_t *out, sc_env *env, const sc_config *config,
                                   const json_t *json) {
    int64_t size[2];
    (void)env;
    SC_TRY(size_of(size, config, json));
    if (size[0])
        json_object_set_new(out, "size",
                            json_pack("[I, I]", (json_int_t)size[0], (json_int_t)size[1]));
    return SOCLE_OK;
}

const sc_reader sc_reader_folder = {.key = "folder",
                                    .keys = "size colour",
                                    .learnt = learnt_keys,
                                    .streams = true,
                                    .read = read_folder,
                                    .resolve = resolve_folder};
