"""More particles where the probability is, when evidence has left few of them any weight."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from cameras.planning.evidence import VisitResult, belief_after
from cameras.planning.search import SearchModel, SearchQuestion, build_search
from geo.belief import needs_resampling, pool
from geo.network import StreetNetwork


def resampled_if_needed(
    model: SearchModel,
    question: SearchQuestion,
    results: Sequence[VisitResult],
    *,
    seed: int,
    network: StreetNetwork | None = None,
) -> SearchModel:
    """`model`, or where few particles carry its belief, one with fresh particles for `results`.

    `question` must be the one that `model` was built from, and `seed` one that was not used for it.
    Takes as long as building. The new model is used with the same results, and further ones: each
    particle starts with what makes all weigh the same after those of now.
    """
    before = belief_after(model, results)
    if not needs_resampling(before):
        return model
    fresh = build_search(replace(question, seed=seed), network)
    after = belief_after(fresh, results)
    passes, belief, rows = pool(
        [(model.passes, before), (fresh.passes, after)], question.particle_count, seed
    )
    began = np.concatenate([model.first_belief().log_particle, fresh.first_belief().log_particle])[
        rows
    ]
    likelihood = np.concatenate([before.log_particle, after.log_particle])[rows] - began
    return replace(
        model,
        passes=passes,
        x_m=np.concatenate([model.x_m, fresh.x_m])[rows],
        y_m=np.concatenate([model.y_m, fresh.y_m])[rows],
        log_prior=belief.log_particle - likelihood,
    )
