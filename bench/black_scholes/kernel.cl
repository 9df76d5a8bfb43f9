// Black-Scholes: European call and put prices.
static float normal_cdf(float d) {
  float k = 1.0f / (1.0f + 0.2316419f * fabs(d));
  float tail =
      0.39894228f * exp(-0.5f * d * d) *
      (k * (0.31938153f + k * (-0.356563782f + k * (1.781477937f + k * (-1.821255978f + k * 1.330274429f)))));
  return d > 0.0f ? 1.0f - tail : tail;
}

__kernel void price(__global const float* stock, __global const float* strike, __global const float* years,
                    __global float* out, int n) {
  const float rate = 0.02f, volatility = 0.30f;
  int i = get_global_id(0);
  if (i >= n) return;
  float s = stock[i], x = strike[i], t = years[i];
  float root = sqrt(t);
  float d1 = (log(s / x) + (rate + 0.5f * volatility * volatility) * t) / (volatility * root);
  float d2 = d1 - volatility * root;
  float n1 = normal_cdf(d1), n2 = normal_cdf(d2);
  float discounted = x * exp(-rate * t);
  out[i] = s * n1 - discounted * n2;
  out[n + i] = discounted * (1.0f - n2) - s * (1.0f - n1);
}
