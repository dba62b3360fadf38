/* SPDX-License-Identifier: Apache-2.0 */
/* Rules that turn one program's names into another's. */
#include "sc_test.h"

#include "model/rename.h"

Test(rename, patterns) {
    static const struct {
        const char *from, *to, *name, *result; /* result NULL: the rule is not for this name */
    } rows[] = {
        {"fc.weight", "dense1.weight", "fc.weight", "dense1.weight"},
        {"fc.weight", "dense1.weight", "fc.weights", NULL},
        {"fc.weight", "dense1.weight", "xfc.weight", NULL},
        {"features.0.*", "conv2d1.*", "features.0.weight", "conv2d1.weight"},
        {"features.0.*", "conv2d1.*", "features.0.", "conv2d1."},
        {"features.0.*", "conv2d1.*", "features.10.weight", NULL},
        {"*.gamma", "*.weight", "block.bn.gamma", "block.bn.weight"},
        {"*.gamma", "*.weight", "gamma", NULL},
        {"layer*.conv.*", "conv2d*.*", "layer12.conv.bias", "conv2d12.bias"},
        {"a*b*c", "x*y*z", "a1b2bc", "x1y2bz"},
        {"a*a", "x*", "a", NULL},
        {"a*a", "x*", "aa", "x"},
        {"*", "net.*", "w", "net.w"},
        {"*", "net.*", "", "net."},
        {"module.*", "*", "module.fc.bias", "fc.bias"},
        {"**", "*-*", "ab", "-ab"},
    };
    char out[SC_RENAME_NAME];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        SC_REPRO("row %zu", i);
        sc_rename rule = {rows[i].from, rows[i].to};
        SC_EQ(sc_rename_apply(&rule, rows[i].name, out), rows[i].result != NULL);
        if (rows[i].result) SC_EQ_STR(out, rows[i].result);
    }
    char name[1000];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    SC_TRUE(sc_rename_apply(&(sc_rename){"*", "*"}, name, out));
    SC_EQ(strlen(out), SC_RENAME_NAME - 1);
}

Test(rename, rules_that_cannot_be_used) {
    static const sc_rename bad[] = {
        {"", "a"}, {"a", ""}, {"a*", "b"}, {"a", "b*"}, {"*********", "*********"}};
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        SC_FAILS(&env, sc_rename_check(&env, &bad[i]), SOCLE_STATUS_CONFIG);
    SC_OK(&env, sc_rename_check(&env, &(sc_rename){"a.*", "b.*"}));
}
