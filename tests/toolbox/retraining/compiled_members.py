"""A member that JAX compiles and other processes can import."""

import jax
import jax.numpy as jnp


@jax.jit
def descent(streams, data, rate=0.1):
    """Fit a mean from a random start, with random items: chaotic enough to show a changed bit."""

    def step(i, w):
        item = jax.random.randint(jax.random.fold_in(streams["order"], i), (), 0, len(data["x"]))
        return w - rate * jnp.sin(w - data["x"][item])

    start = jax.random.normal(streams["init"], (3,), dtype=data["x"].dtype)
    return {"w": jax.lax.fori_loop(0, 50, step, start)}


@jax.jit
def network(streams, data):
    """Train one hidden layer by gradient descent on drawn items; return its probabilities."""
    inner, outer = jax.random.split(streams["init"])
    start = {
        "inner": jax.random.normal(inner, (data["x"].shape[1], 16)),
        "outer": jax.random.normal(outer, (16,)) / 4,
    }

    def p(w, x):
        return jax.nn.sigmoid(jnp.tanh(x @ w["inner"]) @ w["outer"])

    def loss(w, x, y):
        return ((p(w, x) - y) ** 2).mean()

    def step(i, w):
        key = jax.random.fold_in(streams["order"], i)
        items = jax.random.randint(key, (8,), 0, len(data["x"]))
        slope = jax.grad(loss)(w, data["x"][items], data["y"][items])
        return jax.tree.map(lambda w, g: w - 0.5 * g, w, slope)

    return {"p": p(jax.lax.fori_loop(0, 300, step, start), data["x"])}
