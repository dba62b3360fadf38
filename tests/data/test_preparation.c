/* SPDX-License-Identifier: Apache-2.0 */
/* What is learnt of tables and done with it: kinds, means and categories against numbers worked out
 * by hand, the text that a model keeps, and what is refused with file, line and column. */
#include "data/order.h"
#include "data/preparation.h"

#include "sc_test.h"

static sc_env env;

static sc_frame parse(const char *text) {
    sc_frame frame;
    sc_env_init(&env, NULL, NULL);
    SC_REPRO("%s", text);
    SC_OK(&env, sc_frame_parse_csv(&frame, &env, "t.csv", text, strlen(text), NULL));
    return frame;
}

static const char *const species[] = {"y"};
static const sc_prepare_options target_y = {.targets = {species, 1}};

/* Learnt of `text`, through the text of a model, and applied to `other` (NULL: `text`). */
static sc_dataset *prepared(const char *text, const sc_prepare_options *options, const char *other,
                            sc_preparation *keep) {
    sc_frame frame = parse(text), second;
    sc_preparation preparation;
    sc_dataset *dataset;
    char *json, *again;
    SC_OK(&env, sc_preparation_fit(&preparation, &frame, options));
    SC_OK(&env, sc_preparation_text(&json, &preparation));
    sc_preparation_free(&preparation);
    SC_OK(&env, sc_preparation_read(keep, &env, "model", json));
    SC_OK(&env, sc_preparation_text(&again, keep));
    SC_EQ_STR(again, json);
    sc_frame_free(&frame);
    second = parse(other ? other : text);
    SC_OK(&env, sc_preparation_apply(&dataset, keep, &second, !other));
    SC_EQ_STR(sc_dataset_preparation(dataset), json);
    sc_frame_free(&second);
    sc_release(&env, json);
    sc_release(&env, again);
    return dataset;
}

static const sc_column *column_of(const sc_dataset *dataset, const char *name) {
    return sc_dataset_column(dataset, sc_dataset_find(dataset, name));
}

static void expect_values(const sc_dataset *dataset, const char *name, const float *wanted,
                          int64_t count) {
    const sc_column *column = column_of(dataset, name);
    SC_TRUE(column != NULL);
    SC_EQ(sc_column_elements(column) * sc_dataset_count(dataset), count);
    for (int64_t i = 0; i < count; i++)
        SC_EQ_FLOAT_BITS((float)sc_column_value(column, i), wanted[i]);
}
#define VALUES(dataset, name, ...)                                                                 \
    expect_values(dataset, name, (const float[]){__VA_ARGS__},                                     \
                  sizeof((const float[]){__VA_ARGS__}) / sizeof(float))

Test(preparation, numbers_text_and_days) {
    sc_preparation kept;
    sc_dataset *data = prepared("n,c,d,y\n1,red,1970-01-02,no\n2.5,blue,1970-01-03,yes\n"
                                "4,red,1970-01-01,no\n",
                                &target_y, NULL, &kept);
    VALUES(data, "input", 1, 0, 1, 1, 2.5f, 1, 0, 2, 4, 0, 1, 0);
    VALUES(data, "label", 0, 1, 0);
    SC_EQ(sc_preparation_width(&kept), 4);
    SC_EQ_STR(sc_preparation_classes(&kept)->category[1], "yes");
    SC_EQ_STR(kept.field[0].kind, "numeric");
    SC_EQ_STR(kept.field[1].kind, "categorical");
    SC_EQ_STR(kept.field[2].kind, "date");
    sc_dataset_destroy(data);
    sc_preparation_free(&kept);
}

/* Mean 2, deviation sqrt((1 + 0 + 1 + 0) / 4); least 1, most 3. */
Test(preparation, scales) {
    static const char text[] = "a,y\n1,0.5\n2,1.5\n3,2.5\n2,1.5\n";
    sc_preparation kept;
    sc_prepare_options options = target_y;
    options.scale = "standardise";
    sc_dataset *data = prepared(text, &options, NULL, &kept);
    const float spread = (float)(1 / sqrt(0.5));
    VALUES(data, "input", -spread, 0, spread, 0);
    VALUES(data, "target", -spread, 0, spread, 0);
    const sc_field *target = sc_preparation_target(&kept, 0);
    SC_TRUE(target->centre == 1.5);
    SC_TRUE(target->scale == sqrt(0.5));
    sc_dataset_destroy(data);
    sc_preparation_free(&kept);
    options.scale = "min_max";
    options.column = &(const sc_column_wish){.name = "y", .scale = "none"};
    options.columns = 1;
    data = prepared(text, &options, NULL, &kept);
    VALUES(data, "input", 0, 0.5f, 1, 0.5f);
    VALUES(data, "target", 0.5f, 1.5f, 2.5f, 1.5f);
    sc_dataset_destroy(data);
    sc_preparation_free(&kept);
}

Test(preparation, a_column_of_one_value_is_not_divided) {
    sc_preparation kept;
    sc_prepare_options options = target_y;
    options.scale = "standardise";
    sc_dataset *data = prepared("a,b,y\n0.1,1,x\n0.1,3,z\n0.1,5,z\n", &options, NULL, &kept);
    SC_TRUE(kept.field[0].scale == 1);
    VALUES(data, "label", 0, 1, 1);
    SC_NEAR(sc_column_value(column_of(data, "input"), 0), 0, 1e-16);
    sc_dataset_destroy(data);
    sc_preparation_free(&kept);
}

/* Only of the rows that are trained on: those of the split with this seed. */
Test(preparation, is_learnt_of_the_training_part) {
    enum { ROWS = 40 };
    char text[2048] = "a,y\n";
    double sum = 0;
    sc_split split;
    sc_preparation kept;
    sc_prepare_options options = target_y;
    options.scale = "standardise";
    options.split.fraction = 0.25;
    options.split.seed = 7;
    for (int i = 0; i < ROWS; i++)
        snprintf(text + strlen(text), 32, "%d,%s\n", i * i, i % 2 ? "p" : "q");
    sc_dataset *data = prepared(text, &options, NULL, &kept);
    SC_OK(&env, sc_split_create(&split, &env, ROWS, &options.split));
    for (uint32_t i = 0; i < split.train_count; i++) sum += (double)split.train[i] * split.train[i];
    SC_NEAR(kept.field[0].centre, sum / split.train_count, 1e-12 * sum);
    SC_TRUE(fabs(kept.field[0].centre - 39.0 * 79 / 6) > 1); /* that of all */
    sc_split_free(&split, &env);
    sc_dataset_destroy(data);
    sc_preparation_free(&kept);
}

static void fills(const char *way, const float *wanted, int64_t count) {
    sc_preparation kept;
    sc_prepare_options options = target_y;
    options.missing = way;
    SC_REPRO("%s", way);
    sc_dataset *data =
        prepared("a,c,y\n1,u,p\n1,v,q\nNA,v,p\n4,?,q\n6,u,q\n,v,p\n", &options, NULL, &kept);
    expect_values(data, "input", wanted, count);
    sc_dataset_destroy(data);
    sc_preparation_free(&kept);
}
#define FILLS(way, ...)                                                                            \
    fills(way, (const float[]){__VA_ARGS__}, sizeof((const float[]){__VA_ARGS__}) / sizeof(float))

Test(preparation, missing_values) {
    FILLS("mean", 1, 1, 0, 1, 0, 1, 3, 0, 1, 4, 0, 1, 6, 1, 0, 3, 0, 1);
    FILLS("median", 1, 1, 0, 1, 0, 1, 2.5f, 0, 1, 4, 0, 1, 6, 1, 0, 2.5f, 0, 1);
    FILLS("most_frequent", 1, 1, 0, 1, 0, 1, 1, 0, 1, 4, 0, 1, 6, 1, 0, 1, 0, 1);
    FILLS("category", 1, 0, 1, 0, 0, 1, 0, 0, 1, 0, 3, 1, 0, 1, 0, 4, 0, 0, 0, 1, 6, 0, 1, 0, 0, 3,
          1, 0, 1, 0);
}

static const char *const two[] = {"y", "z"};

Test(preparation, targets) {
    sc_preparation kept;
    sc_prepare_options options = {.targets = {two, 2}};
    sc_dataset *data = prepared("z,a,y\n1,2,0.5\n3,4,1\n", &options, NULL, &kept);
    VALUES(data, "target", 0.5f, 1, 1, 3);
    sc_dataset_destroy(data);
    sc_preparation_free(&kept);
    static const char whole[] = "a,y\n1,7\n2,9\n3,7\n4,9\n";
    options = target_y;
    data = prepared(whole, &options, NULL, &kept);
    VALUES(data, "label", 0, 1, 0, 1);
    sc_dataset_destroy(data);
    sc_preparation_free(&kept);
    options.task = SC_TASK_VALUES;
    data = prepared(whole, &options, NULL, &kept);
    VALUES(data, "target", 7, 9, 7, 9);
    sc_dataset_destroy(data);
    sc_preparation_free(&kept);
    options.task = SC_TASK_CLASSES;
    data = prepared("a,y\n1,3\n2,10\n3,2\n", &options, NULL, &kept);
    VALUES(data, "label", 1, 2, 0); /* numbers in their order */
    sc_dataset_destroy(data);
    sc_preparation_free(&kept);
}

static const char *const only[] = {"a"};
static const char *const but[] = {"b"};

/* Raw rows: in another order, with columns that are passed over, without the target. */
Test(preparation, raw_rows) {
    static const char text[] = "a,b,y\n1,2,p\n3,4,q\n";
    sc_preparation kept;
    sc_dataset *data = prepared(text, &target_y, "more,b,a\nx,8,7\n", &kept);
    VALUES(data, "input", 7, 8);
    SC_EQ(sc_dataset_find(data, "label"), -1);
    sc_dataset_destroy(data);
    sc_preparation_free(&kept);
    sc_prepare_options options = target_y;
    options.features = (sc_names){only, 1};
    data = prepared(text, &options, "a\n5\n", &kept);
    VALUES(data, "input", 5);
    sc_dataset_destroy(data);
    sc_preparation_free(&kept);
    options = target_y;
    options.ignored = (sc_names){but, 1};
    data = prepared(text, &options, NULL, &kept);
    VALUES(data, "input", 1, 3);
    sc_dataset_destroy(data);
    sc_preparation_free(&kept);
    static const char *const third[] = {"column3"};
    options = (sc_prepare_options){.targets = {third, 1}};
    data = prepared("1,2,p\n3,4,q\n", &options, "7,8\n9,1\n", &kept);
    VALUES(data, "input", 7, 8, 9, 1);
    sc_dataset_destroy(data);
    sc_preparation_free(&kept);
}

static void refuse(const char *text, const sc_prepare_options *options, const char *needle) {
    sc_frame frame = parse(text);
    sc_preparation preparation;
    SC_FAILS(&env, sc_preparation_fit(&preparation, &frame, options), SOCLE_STATUS_DATA);
    SC_CONTAINS(env.text, needle);
    SC_TRUE(!preparation.arena);
    sc_frame_free(&frame);
}

Test(preparation, what_cannot_be_learnt) {
    sc_prepare_options values = target_y, several = {.targets = {two, 2}},
                       none = {.targets = {species, 1}, .ignored = {only, 1}};
    values.task = SC_TASK_VALUES;
    refuse("a,y\n1,p\n2,p\n", &target_y, "t.csv: column 2 'y' has one class only, 'p'");
    refuse("a,y\n1,p\n2,q\n", &values, "t.csv:2: column 2 'y': 'p' is no number, and the loss");
    refuse("a,y\n1,p\n,q\n", &target_y,
           "t.csv:3: column 1 'a': has no value (1 of 2 rows); say what takes its place");
    refuse("a,y\n1,p\nNaN,q\n", &target_y, "t.csv:3: column 1 'a': has no value ('NaN')");
    refuse("a,y\n1,p\n2,\n", &target_y, "t.csv:3: column 2 'y': has no value (1 of 2 rows); a");
    refuse("a,b,y\n1,,p\n2,?,q\n", &target_y, "t.csv: column 2 'b' has no value in any of 2 rows");
    refuse("a,y\n1,p\n2,q\n3,p\n4,p\n5,p\n6,p\n7,p\n8,p\n9,p\nx1,q\n", &target_y,
           "t.csv:11: column 1 'a': 'x1' is no number, and 9 other cells of the column are");
    refuse("a;y\nu;p\n", &target_y, "t.csv: column 2 'y' has one class only");
    /* A table with decimal commas is not learnt as one of categories. */
    refuse("a;y\n1;p\n2,5;q\n1;p\n2,5;q\n", &target_y,
           "t.csv:3: column 1 'a': '2,5' is no number; if the comma is a decimal one, say decimal: "
           "\",\", else columns: [{name: ..., kind: categorical}]");
    refuse("a;y\n1;2,5\n2;3,5\n3;2,5\n4;3,5\n", &target_y, "t.csv:2: column 2 'y': '2,5'");
    refuse("a,x\n1,2\n", &target_y, "t.csv: has no column 'y'");
    refuse("a,y\n1,p\n2,q\n", &none, "t.csv: no column is left to be an input");
    refuse("a,y,z\n1,p,1\n2,q,2\n", &several, "of several targets all must be numbers");
    const sc_column_wish numeric = {.name = "a", .kind = "numeric"},
                         date = {.name = "a", .kind = "date"};
    sc_prepare_options wish = target_y;
    wish.columns = 1;
    wish.column = &numeric;
    refuse("a;y\n1,5;p\n2,5;q\n", &wish,
           "t.csv:2: column 1 'a': '1,5' is no number; if the comma is a decimal one");
    wish.column = &date;
    refuse("a,y\n2024-01-01,p\nnever,q\n", &wish, "t.csv:3: column 1 'a': 'never' is no day");
    char names[1024] = "a,y\n";
    for (int i = 0; i < 24; i++)
        snprintf(names + strlen(names), 32, "name%d,%s\n", i, i % 2 ? "p" : "q");
    refuse(names, &target_y, "has 24 different texts in 24 rows, which are no categories");
}

static void refuse_rows(const char *rows, const char *needle) {
    sc_frame frame = parse("a,c,y\n1,red,p\n2,blue,q\n3,green,q\n");
    sc_preparation preparation;
    sc_dataset *dataset;
    SC_OK(&env, sc_preparation_fit(&preparation, &frame, &target_y));
    sc_frame_free(&frame);
    SC_REPRO("%s", rows);
    SC_OK(&env, sc_frame_parse_csv(&frame, &env, "new.csv", rows, strlen(rows), NULL));
    SC_FAILS(&env, sc_preparation_apply(&dataset, &preparation, &frame, true), SOCLE_STATUS_DATA);
    SC_CONTAINS(env.text, needle);
    SC_TRUE(!dataset);
    sc_frame_free(&frame);
    sc_preparation_free(&preparation);
}

Test(preparation, rows_that_do_not_fit) {
    refuse_rows("a,c,y\n1,red,p\n1,pink,p\n",
                "new.csv:3: column 2 'c': 'pink' is none of the 3 categories of the training data");
    refuse_rows("a,c,y\n1,red,r\n", "new.csv:2: column 3 'y': 'r' is none of the 2 classes");
    refuse_rows("a,c,y\nx,red,p\n", "new.csv:2: column 1 'a': 'x' is no number");
    refuse_rows("a,c,y\n,red,p\n", "new.csv:2: column 1 'a': has no value");
    refuse_rows("a,c,y\n1e300,red,p\n", "is too large for a float");
    refuse_rows("a,d,y\n1,red,p\n", "new.csv: has no column 'c'");
    refuse_rows("a,c,z\n1,red,p\n", "new.csv: has no column 'y'");
}

static void refuse_text(const char *text, const char *needle) {
    sc_preparation preparation;
    sc_env_init(&env, NULL, NULL);
    SC_REPRO("%s", text);
    SC_FAILS(&env, sc_preparation_read(&preparation, &env, "model", text), SOCLE_STATUS_DATA);
    SC_CONTAINS(env.text, needle);
}
#define FIELD(rest) "{\"fields\": [{\"name\": \"a\", " rest "}]}"

/* A model file is as good as the person who sends it. */
Test(preparation, texts_that_are_none) {
    refuse_text("{}", "fields");
    refuse_text("[1]", "model");
    refuse_text("{\"fields\": [1]}", "must be a mapping");
    refuse_text("{\"fields\": []}", "has no input");
    refuse_text(FIELD("\"kind\": \"numeric\""), "missing");
    refuse_text(FIELD("\"kind\": \"odd\", \"missing\": \"mean\""), "odd");
    refuse_text(FIELD("\"kind\": \"numeric\", \"missing\": \"mean\", \"scale\": 0"), "scale");
    refuse_text(FIELD("\"kind\": \"categorical\", \"missing\": \"mean\""), "categories");
    refuse_text(FIELD("\"kind\": \"categorical\", \"missing\": \"mean\", \"categories\": [\"b\", "
                      "\"a\"]"),
                "is not behind");
    refuse_text(FIELD("\"kind\": \"categorical\", \"missing\": \"mean\", \"fill\": 2, "
                      "\"categories\": [\"a\", \"b\"]"),
                "fill");
    refuse_text(FIELD("\"kind\": \"numeric\", \"missing\": \"refuse\", \"target\": true"),
                "has no input");
}

static socle_status whole(sc_env *of, void *argument) {
    static const char text[] = "a,c,y\n1,u,p\nNA,v,q\n3,?,q\n";
    sc_prepare_options options = target_y;
    sc_frame frame;
    sc_preparation preparation = {0}, again = {0};
    sc_dataset *dataset = NULL;
    char *json = NULL;
    (void)argument;
    options.missing = "mean";
    SC_TRY(sc_frame_parse_csv(&frame, of, "t.csv", text, sizeof text - 1, NULL));
    socle_status status = sc_preparation_fit(&preparation, &frame, &options);
    if (status == SOCLE_OK) status = sc_preparation_text(&json, &preparation);
    if (status == SOCLE_OK) status = sc_preparation_read(&again, of, "model", json);
    if (status == SOCLE_OK) status = sc_preparation_apply(&dataset, &again, &frame, true);
    sc_dataset_destroy(dataset);
    sc_release(of, json);
    sc_preparation_free(&again);
    sc_preparation_free(&preparation);
    sc_frame_free(&frame);
    return status;
}

Test(preparation, each_allocation_can_fail) {
    sc_test_each_allocation(whole, NULL);
}
