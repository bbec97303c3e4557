"""Labels that cost money: who said what, what to ask next, when to stop with a stated risk."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "answers_ledger.ledgers": ["Ledger", "ledger"],
        "answers_ledger.telling": ["tell"],
        "answers_ledger.combined_answers": ["Answers", "answers"],
        "answers_ledger.exports": ["export_ledger"],
        "acquisition.acquiring": ["Acquisition", "acquire"],
        "acquisition.query_strategies": ["acquisition_from"],
        "stop_audit.plans": ["AuditPlan", "audit_plan"],
        "stop_audit.audits": ["Audit", "audit"],
        "stop_audit.audit_costs": ["AuditCost", "audits_needed"],
        "stop_audit.rare_items": ["RareLeft", "rare_left"],
        "experts.simulated_experts": ["Expert", "Replies", "ask_expert", "simulated_expert"],
        "experts.campaign_steps": ["Step", "campaign_next"],
        "experts.campaigns": ["Campaign", "campaign"],
        "pair_questions.settled_pairs": ["SettledPairs", "settle_pairs"],
        "pair_questions.choosing_pairs": ["PairQuestions", "choose_pairs"],
        "pair_questions.arm_weights": ["pair_loss"],
        "continual.analytic_readout": ["Analytic", "analytic", "forget", "learn"],
        "continual.readout_predictions": ["Predictions", "predict"],
        "continual.answer_stream": ["Stream", "learn_stream", "stream"],
        "continual.rewards": ["Proposals", "learn_from_rewards", "propose"],
        "continual.forgetting_scores": ["ContinualScores", "continual_scores"],
        "descriptor_comparison.descriptor_curves": ["DescriptorComparison", "compare_descriptors"],
    },
)
