/* SPDX-License-Identifier: Apache-2.0 */
/* `socle derive` and `socle descend`, by numbers worked out by hand: f = x^2/4 - 2x + 5 has the
 * slope 1 at 6, its lowest point at (4, 1), and a step takes x - 4 to (1 - rate / 2) (x - 4), so
 * that rates between 0 and 4 alone converge. */
#include "tool.h"

#define F "'x^2/4 - 2*x + 5'"

static json_t *event_of(const char *name, const char *words) {
    tool_result result = tool_run("%s --json", words);
    SC_EQ(result.code, 0);
    json_t *lines = tool_json_lines(result.out), *event = tool_event(lines, name);
    SC_TRUE(event != NULL);
    json_incref(event);
    json_decref(lines);
    tool_free(&result);
    return event;
}

static double number_at(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    SC_TRUE(value != NULL);
    return json_number_value(value);
}

static const json_t *slope_of(const json_t *event, const char *variable) {
    return json_object_get(json_object_get(event, "derivative"), variable);
}

Test(tool_curve, a_slope_is_the_limit_of_quotients) {
    sc_temp temp;
    tool_begin(&temp, false);
    json_t *event = event_of("derive", "derive " F " --at 6 --step 2");
    const json_t *slope = slope_of(event, "x"),
                 *first = json_array_get(json_object_get(slope, "differences"), 0);
    SC_EQ_STR(json_string_value(json_object_get(slope, "formula")), "0.5 * x - 2");
    SC_EQ(number_at(event, "value"), 2);
    SC_EQ(number_at(slope, "value"), 1);
    SC_EQ(number_at(first, "step"), 2);
    SC_EQ(number_at(first, "forward"), 1.5);
    SC_EQ(number_at(first, "backward"), 0.5);
    SC_EQ(number_at(first, "central"), 1);
    json_decref(event);
    tool_result result = tool_run("derive " F " --at 6 --step 2");
    SC_CONTAINS(result.out, "f(x)   = 0.25 * x ** 2 - 2 * x + 5\n");
    SC_CONTAINS(result.out, "f'(x)  = 0.5 * x - 2\n");
    SC_CONTAINS(result.out, "at x = 6: f = 2, f'(x) = 1\n");
    SC_CONTAINS(result.out, "0.02     0.995    1.005        1        1");
    tool_free(&result);
    tool_end(&temp);
}

Test(tool_curve, several_variables_have_a_gradient) {
    sc_temp temp;
    tool_begin(&temp, false);
    json_t *event = event_of("derive", "derive 'x*y + y^2' --at y=3,x=2");
    SC_EQ(number_at(slope_of(event, "x"), "value"), 3);
    SC_EQ(number_at(slope_of(event, "y"), "value"), 8);
    SC_EQ_STR(json_string_value(json_object_get(slope_of(event, "y"), "formula")), "2 * y + x");
    json_decref(event);
    tool_result result = tool_run("derive 'abs(x)' --at 0");
    SC_CONTAINS(result.out, "a kink: along x the slope is -1 on the left and 1 on the right");
    tool_free(&result);
    tool_end(&temp);
}

Test(tool_curve, what_is_asked_wrongly_is_said) {
    sc_temp temp;
    tool_begin(&temp, false);
    tool_expect(2, "column 5: the formula ends where", "derive 'x + '");
    tool_expect(2, "unknown function 'thanh'; did you mean 'tanh'?", "derive 'thanh(x)'");
    tool_expect(2, "has no variable", "derive '1 + 2'");
    tool_expect(2, "--at: the value of y is missing", "derive 'x*y' --at x=1");
    tool_expect(2, "--at: must name its variables, as in x=1,y=2", "derive 'x*y' --at 1");
    tool_expect(2, "--at: the formula has no variable 'z", "derive 'x*y' --at z=1,x=2");
    tool_expect(2, "--at: x is there twice", "derive 'x*y' --at x=1,x=2");
    tool_expect(2, "--at: 'two' is no finite number", "derive 'x' --at two");
    tool_expect(2, "--at: '1e400' is no finite number", "derive 'x' --at 1e400");
    tool_expect(2, "--from: 'nan' is no finite number", "descend 'x^2' --from nan --lr 0.1");
    tool_expect(2, "at most 6 are looked at", "derive 'a+b+c+d+e+f+g'");
    tool_expect(2, "--lr is missing", "descend 'x^2' --from 1");
    tool_expect(2, "--steps: must be a whole number from 1",
                "descend 'x^2' --from 1 --lr 1 --steps 0");
    tool_end(&temp);
}

static void expect_outcome(double rate, const char *outcome, int code) {
    tool_result result = tool_run("descend " F " --from 6 --lr %g --steps 10000 --json", rate);
    SC_REPRO("rate %g", rate);
    SC_EQ(result.code, code);
    json_t *lines = tool_json_lines(result.out), *event = tool_event(lines, "descend");
    SC_EQ_STR(json_string_value(json_object_get(event, "outcome")), outcome);
    const json_t *steps = json_object_get(event, "steps");
    const json_t *last = json_array_get(steps, json_array_size(steps) - 1);
    if (code == 0 && strcmp(outcome, "converged") == 0) {
        SC_NEAR(number_at(json_object_get(last, "at"), "x"), 4, 2.1e-6); /* slope 1e-6 over 1/2 */
        SC_NEAR(number_at(last, "value"), 1, 1e-11);
    }
    json_decref(lines);
    tool_free(&result);
}

Test(tool_curve, rates_between_0_and_4_alone_converge) {
    sc_temp temp;
    tool_begin(&temp, false);
    expect_outcome(-0.5, "diverged", 5);
    expect_outcome(0, "not there yet", 0);
    expect_outcome(0.01, "converged", 0);
    expect_outcome(0.5, "converged", 0);
    expect_outcome(2, "converged", 0);
    expect_outcome(3.99, "converged", 0);
    expect_outcome(4, "oscillates", 0);
    expect_outcome(4.01, "diverged", 5);
    expect_outcome(400, "diverged", 5);
    tool_end(&temp);
}

Test(tool_curve, steps_are_shown_and_drawn) {
    sc_temp temp;
    tool_begin(&temp, false);
    tool_result result = tool_run("descend " F " --from 6 --lr 1 --steps 3");
    SC_CONTAINS(result.out, "STEP     x        f  f'(x)\n"
                            "   0     6        2      1\n"
                            "   1     5     1.25    0.5\n"
                            "   2   4.5   1.0625   0.25\n"
                            "   3  4.25  1.01562  0.125\n");
    SC_CONTAINS(result.out, "not there yet after 3 steps at x = 4.25, f = 1.01562; the last step "
                            "was 0.5 times the one before\n");
    SC_CONTAINS(result.out, "Gradient descent, lr 1: not there yet after 3 steps");
    SC_CONTAINS(result.out, "steps");
    tool_free(&result);
    result = tool_run("descend 'x^2 + 4*y^2' --from x=3,y=1 --lr 0.1 --steps 8");
    SC_CONTAINS(result.out, "Each band is a range of heights");
    tool_free(&result);
    result = tool_run("descend " F " --from 6 --lr 1 --steps 3 -q");
    SC_TRUE(strstr(result.out, "Gradient descent") == NULL);
    tool_free(&result);
    tool_expect(0, "wrote steps.svg", "descend " F " --from 6 --lr 1 -o steps.svg");
    size_t size;
    char *picture = tool_get("steps.svg", &size);
    SC_TRUE(size > 1000 && strstr(picture, "<svg") != NULL);
    free(picture);
    tool_expect(2, "steps.svg is there already", "descend " F " --from 6 --lr 1 -o steps.svg");
    tool_expect(0, NULL, "descend " F " --from 6 --lr 1 -o steps.svg --overwrite");
    tool_expect(2, ".svg or .png, not 'steps.gif'", "descend " F " --from 6 --lr 1 -o steps.gif");
    tool_expect(2, "not of 3", "descend 'a+b+c^2' --from a=1,b=1,c=1 --lr 1 -o s.svg");
    tool_end(&temp);
}

/* A double well: without noise the shallow one holds, with noise the deep one is found; equal seeds
 * walk the same way. */
Test(tool_curve, noise_leaves_a_shallow_valley) {
    static const char words[] = "descend 'x^4/4 - x^2/2 + x/10' --from 1 --lr 0.1 --steps 400 -q";
    sc_temp temp;
    tool_begin(&temp, false);
    tool_result result = tool_run("%s", words);
    SC_CONTAINS(result.out, "at x = 0.94565");
    tool_free(&result);
    result = tool_run("%s --noise 2", words);
    const char *lowest = strstr(result.out, "lowest: x = -");
    SC_TRUE(lowest != NULL);
    SC_NEAR(strtod(lowest + strlen("lowest: x = "), NULL), -1.0467, 0.05);
    SC_CONTAINS(result.out, "walked with noise after 400 steps");
    tool_result again = tool_run("%s --noise 2", words);
    SC_EQ_STR(result.out, again.out);
    tool_free(&again);
    again = tool_run("%s --noise 2 --seed 2", words);
    SC_TRUE(strcmp(result.out, again.out) != 0);
    tool_free(&again);
    tool_free(&result);
    tool_end(&temp);
}

/* Processors set the sign of each NaN that they make. */
Test(tool_curve, not_a_number_has_no_sign) {
    static const char *const words[] = {"derive 'log(x)' --at -1", "derive 'sqrt(x)' --at -4",
                                        "descend 'log(x)' --from -1 --lr 0.1"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        tool_result result = tool_run("%s", words[i]);
        SC_REPRO("%s: %s%s", words[i], result.out, result.err);
        SC_TRUE(strstr(result.out, "nan") || strstr(result.err, "nan"));
        SC_TRUE(!strstr(result.out, "-nan") && !strstr(result.err, "-nan"));
        tool_free(&result);
    }
}
