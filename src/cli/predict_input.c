/* SPDX-License-Identifier: Apache-2.0 */
/* See predict_input.h. */
#include "cli/predict_input.h"
#include "data/text_samples.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

bool sc_is_pictures(const char *path) {
    unsigned char head[SC_PICTURE_HEAD];
    struct stat info;
    if (stat(path, &info) != 0) return false;
    if (S_ISDIR(info.st_mode) || (S_ISREG(info.st_mode) && sc_picture_is_named(path))) return true;
    FILE *file = S_ISREG(info.st_mode) ? fopen(path, "rb") : NULL;
    if (!file) return false;
    bool whole = fread(head, 1, sizeof head, file) == sizeof head;
    fclose(file);
    return whole && sc_picture_begins(head);
}

/* Pictures are bytes of one or three channels. */
static socle_status form_of_net(sc_picture_form *out, sc_env *env, const sc_net *net,
                                const char *path) {
    *out = (sc_picture_form){0};
    if (!net) return SOCLE_OK;
    const sc_tensor_desc *desc = &net->input[0].desc;
    bool picture = (int)desc->dtype == (int)SOCLE_U8 && desc->rank == 4 &&
                   (desc->dim[1] == 1 || desc->dim[1] == 3);
    if (!picture)
        return sc_fail(env, SOCLE_STATUS_DATA, "%s: is a picture, and the network reads none",
                       path);
    *out = (sc_picture_form){.channels = desc->dim[1],
                             .height = desc->dim[2],
                             .width = desc->dim[3],
                             .grey = desc->dim[1] == 1};
    return SOCLE_OK;
}

static socle_status load_pictures(sc_predict_input *out, const sc_net *net, const char *path) {
    sc_picture_form form = out->preparation.picture;
    if (!form.height) SC_TRY(form_of_net(&form, out->env, net, path));
    SC_TRY(sc_folder_list_files(&out->folder, out->env, path));
    SC_TRY(sc_folder_form(&out->folder, &form));
    return sc_folder_read(&out->dataset, &out->folder, &form, 0);
}

static socle_status load_text(sc_predict_input *out, const char *path) {
    char *text;
    size_t size;
    bool standard = strcmp(path, "-") == 0;
    const char *label = standard ? "standard input" : path;
    socle_status status = standard ? sc_model_run_standard_input(out->env, &text, &size)
                                   : sc_text_read_files(&text, &size, out->env, path);
    if (status == SOCLE_OK && standard) status = sc_text_clean(out->env, label, text, &size);
    if (status == SOCLE_OK)
        status = sc_text_last(&out->dataset, &out->preparation, label, text ? text : "", size);
    sc_release(out->env, text);
    return status;
}

static socle_status load(sc_predict_input *out, const sc_net *net, const char *model,
                         const char *path, sc_image_layout layout) {
    sc_preparation *preparation = &out->preparation;
    if (net && net->preparation) {
        SC_TRY(sc_preparation_read(preparation, out->env, model, net->preparation));
        sc_made_of what = sc_preparation_made_of(preparation);
        if (what == SC_MADE_OF_TEXT) return load_text(out, path);
        if (what == SC_MADE_OF_ROWS)
            return sc_model_run_rows(&out->dataset, out->env, path, preparation);
    }
    if (sc_is_pictures(path)) return load_pictures(out, net, path);
    return sc_model_run_samples(&out->dataset, out->env, path, layout);
}

socle_status sc_predict_input_load(sc_predict_input *out, sc_env *env, const sc_net *net,
                                   const char *model, const char *path, sc_image_layout layout) {
    *out = (sc_predict_input){.env = env};
    socle_status status = load(out, net, model, path, layout);
    if (status != SOCLE_OK) sc_predict_input_free(out);
    return status == SOCLE_STATUS_NOT_FOUND || status == SOCLE_STATUS_IO ? SOCLE_STATUS_DATA
                                                                         : status;
}

void sc_predict_input_free(sc_predict_input *input) {
    sc_preparation_free(&input->preparation);
    sc_dataset_destroy(input->dataset);
    sc_folder_free(&input->folder);
    *input = (sc_predict_input){0};
}
