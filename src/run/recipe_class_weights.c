/* SPDX-License-Identifier: Apache-2.0 */
/* `class_weights` of a part of the data: a weight for each class, which becomes a weight for each
 * sample of that class. The code behind knows only weights of samples. */
#include "data/column_kind.h"
#include "run/recipe_private.h"

static const char key[] = "class_weights";

static socle_status add_weights(sc_dataset *dataset, const json_t *list) {
    const char *label = sc_column_name(SC_COLUMN_LABEL);
    const sc_column *from = sc_dataset_column(dataset, sc_dataset_find(dataset, label));
    const socle_shape one = {0};
    void *column;
    SC_TRY(sc_dataset_add_new(dataset, &column, sc_column_name(SC_COLUMN_WEIGHT), SOCLE_F32, &one));
    float *weight = column;
    for (int64_t i = 0; i < sc_dataset_count(dataset); i++)
        weight[i] =
            (float)json_number_value(json_array_get(list, (size_t)sc_column_label(from, i)));
    return SOCLE_OK;
}

socle_status sc_recipe_add_class_weights(sc_dataset *dataset, const sc_config *config,
                                         const json_t *part) {
    const json_t *list = NULL;
    int64_t classes;
    SC_TRY(sc_config_get_array(&list, config, part, key));
    if (!list) return SOCLE_OK;
    if (sc_dataset_find(dataset, sc_column_name(SC_COLUMN_LABEL)) < 0)
        return sc_config_fail(config, part, key,
                              "needs class numbers (u8 or i32), the labels are f32 values");
    SC_TRY(sc_dataset_classes(dataset, sc_column_name(SC_COLUMN_LABEL), &classes));
    if (classes > (int64_t)json_array_size(list))
        return sc_config_fail(config, part, key,
                              "has weights for %zu classes, the labels are of %lld",
                              json_array_size(list), (long long)classes);
    return add_weights(dataset, list);
}

/* Classes that the loss tells apart; 0: none. */
static int64_t classes_of(const sc_net *net) {
    int64_t classes = sc_net_classes(net);
    const sc_loss_term *labels = sc_net_labels(net);
    if (classes) return classes;
    return labels && labels->kind->correct ? 2 : 0;
}

socle_status sc_recipe_suits_class_weights(const sc_config *config, const char *part_name,
                                           const sc_net *net) {
    const json_t *part, *list = NULL;
    SC_TRY(sc_recipe_find_part(&part, config, part_name));
    SC_TRY(sc_config_get_array(&list, config, part, key));
    if (!list) return SOCLE_OK;
    const sc_loss_term *labels = sc_net_labels(net);
    int64_t classes = classes_of(net);
    if (!classes)
        return sc_config_fail(config, part, key, "needs classes, and %s%s knows none",
                              labels ? "the loss " : "a run without labels",
                              labels ? labels->kind->record.word : "");
    if ((int64_t)json_array_size(list) == classes) return SOCLE_OK;
    return sc_config_fail(config, part, key,
                          "has %zu weights, the network tells %lld classes apart",
                          json_array_size(list), (long long)classes);
}
