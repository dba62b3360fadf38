/* SPDX-License-Identifier: Apache-2.0 */
/* The losses that compare values with values; see loss.c. */
#include "nn/loss_rows.h"

static const sc_option value_options[] = {REDUCTION};

const sc_loss_kind sc_loss_squared = {
    RECORD("mean_squared_error", "mse", OPTIONS(value_options),
           "values against values: (prediction - target) ** 2, by default its mean over the "
           "elements of a sample (torch MSELoss, keras MeanSquaredError)",
           .reduction = "mean"),
    .formula = "(prediction - target) ** 2",
    .record.use = "a regression, where errors are as a bell and outliers are rare",
    .record.source = "Gauss 1809",
};

const sc_loss_kind sc_loss_sum_squared = {
    RECORD("sum_squared_error", "sse rss ssr sum_of_squares", NO_OPTIONS,
           "the sum of squared residuals: (prediction - target) ** 2 summed over the elements of "
           "a sample (torch MSELoss, reduction sum, over the batch)",
           .reduction = "sum"),
    .formula = "(prediction - target) ** 2",
    .record.use = "the sum of squared residuals of a course; the same lowest point as the mean, "
                  "with larger slopes",
    .record.source = "Gauss 1809; Legendre 1805",
};

const sc_loss_kind sc_loss_quadratic = {
    RECORD("quadratic", "quadratic_cost half_squared_error", NO_OPTIONS,
           "the quadratic cost: 0.5 * (prediction - target) ** 2 summed over the elements of a "
           "sample, so that n samples have 1/(2n) sum |y - a|^2",
           .reduction = "sum"),
    .formula = "0.5 * (prediction - target) ** 2",
    .record.use = "the quadratic cost of a course, with the 1/2 that the slope cancels",
    .record.source = "Nielsen 2015, Neural Networks and Deep Learning",
};

const sc_loss_kind sc_loss_absolute = {
    RECORD("mean_absolute_error", "mae l1 l1_loss", OPTIONS(value_options),
           "values against values: abs(prediction - target) (torch L1Loss, keras "
           "MeanAbsoluteError)",
           .reduction = "mean"),
    .formula = "abs(prediction - target)",
    .record.use = "a regression with outliers: it finds the median",
    .record.source = "Laplace 1774",
};

static const sc_option huber_options[] = {
    NUMBER(0, "delta", 1e-6, 1e6, "0.5", "from this error on it grows straight", NULL),
    REDUCTION,
};
const sc_loss_kind sc_loss_huber = {
    RECORD("huber", "huber_loss", OPTIONS(huber_options),
           "half the square of small errors, delta * (error - delta / 2) of large ones (Huber "
           "1964, torch HuberLoss, keras Huber)",
           .value = {1}, .reduction = "mean"),
    .formula = "r = abs(prediction - target);"
               "0.5 * r * r if r < delta else delta * (r - 0.5 * delta)",
    .record.use = "a regression with some outliers, smooth around 0",
};

static const sc_option smooth_options[] = {
    NUMBER(0, "beta", 1e-6, 1e6, "0.5", "from this error on it grows straight", NULL),
    REDUCTION,
};
const sc_loss_kind sc_loss_smooth = {
    RECORD("smooth_l1", "smooth_l1_loss", OPTIONS(smooth_options),
           "huber of delta beta, over beta: its slope is at most 1 (torch SmoothL1Loss)",
           .value = {1}, .reduction = "mean"),
    .formula = "r = abs(prediction - target);"
               "0.5 * r * r / beta if r < beta else r - 0.5 * beta",
    .record.use = "places of boxes in images; huber by another scale",
    .record.source = "Girshick 2015",
};

/* Within 1 of the target cosh(r) - 1 = expm1(r) ** 2 / (2 exp(r)), which does not cancel. */
const sc_loss_kind sc_loss_log_cosh = {
    RECORD("log_cosh", "logcosh", OPTIONS(value_options),
           "log(cosh(prediction - target)): half the square of small errors, large ones less "
           "log(2) (keras LogCosh)",
           .reduction = "mean"),
    .formula = "r = abs(prediction - target);"
               "e = expm1(r);"
               "log1p(0.5 * e * e / (e + 1)) if r < 1 else r + softplus(-2 * r) - 0.693147181",
    .record.use = "as huber, without a setting",
    .record.source = "keras LogCosh",
};

static const sc_option quantile_options[] = {
    NUMBER(0, "q", 0, 1, "0.9", "the share of targets that should lie below", "quantile tau"),
    REDUCTION,
};
const sc_loss_kind sc_loss_quantile = {
    RECORD("quantile", "pinball quantile_loss pinball_loss", OPTIONS(quantile_options),
           "what makes a prediction the quantile q of its targets: q times what a target is "
           "above, 1 - q times what it is below (Koenker and Bassett 1978, scikit-learn "
           "mean_pinball_loss)",
           .value = {0.5f}, .reduction = "mean"),
    .formula = "r = target - prediction; max(q * r, (q - 1) * r)",
    .record.use = "a bound that a given share of the targets lies below",
};

const sc_loss_kind sc_loss_poisson = {
    RECORD("poisson_nll", "poisson poisson_nll_loss", OPTIONS(value_options),
           "logarithms of rates against counts: exp(prediction) - target * prediction (torch "
           "PoissonNLLLoss; keras Poisson of exp); predictions are shown as rates",
           .reduction = "mean"),
    .most = 1e30f,
    .is_signed = true,
    .formula = "exp(prediction) - target * prediction",
    .shows = "exp(prediction)",
    .record.use = "counts of events",
    .record.source = "Nelder and Wedderburn 1972",
};

static const sc_option gaussian_options[] = {
    NUMBER(0, "epsilon", 1e-12, 1, "0.001", "the least variance", "eps"),
    REDUCTION,
};
const sc_loss_kind sc_loss_gaussian = {
    RECORD("gaussian_nll", "gaussian_nll_loss", OPTIONS(gaussian_options),
           "means, then as many variances, against values: 0.5 * (log(variance) + (mean - target) "
           "** 2 / variance), without its constant (torch GaussianNLLLoss). Outputs are twice as "
           "many as targets; variances are above 0, as behind a softplus",
           .value = {1e-6f}, .reduction = "mean"),
    .second = "variance",
    .is_signed = true,
    .formula = "v = max(variance, epsilon); 0.5 * (log(v) + (prediction - target) ** 2 / v)",
    .deviation = "sqrt(max(variance, epsilon))",
    .record.use =
        "a regression that says how sure it is, behind a layer that gives variances above 0",
    .record.source = "Nix and Weigend 1994",
};

static const sc_option sigma_options[] = {
    NUMBER(0, "epsilon", 1e-12, 1, "0.000001",
           "added to sigma, so that a sure one does not have infinite slopes", "eps"),
    REDUCTION,
};
const sc_loss_kind sc_loss_gaussian_sigma = {
    RECORD("gaussian_nll_softplus", "normal_nll", OPTIONS(sigma_options),
           "means, then as many numbers whose softplus is sigma, against values: log(sigma) + 0.5 "
           "* ((mean - target) / sigma) ** 2, which is gaussian_nll of sigma ** 2. Outputs are "
           "twice as many as targets; predictions are shown as means and sigmas",
           .value = {1e-3f}, .reduction = "mean"),
    .second = "spread",
    .is_signed = true,
    .formula = "s = softplus(spread) + epsilon; log(s) + 0.5 * ((prediction - target) / s) ** 2",
    .shows_second = "softplus(prediction) + epsilon",
    .deviation = "softplus(spread) + epsilon",
    .record.use = "the same from any numbers: sigma goes through softplus here",
    .record.source = "Nix and Weigend 1994",
};
