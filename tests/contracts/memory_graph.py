"""What every `MemoryGraph` must do, as plain `async def check_x(graph)`; free of any one store.

An adapter's test opens an empty store and runs each of `CHECKS` on it, `FRESH_CHECKS` on a store nobody has claimed,
`REINDEX_CHECKS` on stores of their own (they change the embedder), and `PAIR_CHECKS` on two handles of one store (two
processes, or two connections). Every check makes its own tenants, so that one server may serve them all; all of them
use the same embedder identity.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from stemma.memory.errors import MemoryUnavailable
from stemma.memory.ports import MemoryGraph
from tests.contracts import (
    consolidation_histories,
    memory_answers,
    memory_batches,
    memory_changes,
    memory_consolidation,
    memory_contradictions,
    memory_dated,
    memory_decisions,
    memory_demotion,
    memory_entities,
    memory_exchange,
    memory_item_search,
    memory_items,
    memory_learning,
    memory_lineage,
    memory_paths,
    memory_races,
    memory_reindex,
    memory_relations,
    memory_scopes,
    memory_search,
    memory_sources,
    memory_supersession,
    memory_truth,
    memory_writers,
)
from tests.contracts.memory_bundles import IDENTITY, new_scope, put, source_bundle

__all__ = ["CHECKS", "FRESH_CHECKS", "IDENTITY", "PAIR_CHECKS", "REINDEX_CHECKS", "Check", "PairCheck", "backed_up"]

Check = Callable[[MemoryGraph], Awaitable[None]]
PairCheck = Callable[[MemoryGraph, MemoryGraph], Awaitable[None]]

FRESH_CHECKS: list[Check] = [memory_search.check_unclaimed_store_holds_no_vectors]

REINDEX_CHECKS: list[Check] = [
    *memory_items.CHECKS,
    *memory_item_search.CHECKS,
    memory_reindex.check_another_embedder_takes_over,
    memory_reindex.check_sentences_are_of_the_new_embedder,
    memory_reindex.check_reindexing_goes_on_where_it_stopped,
    memory_reindex.check_what_is_written_meanwhile_is_indexed_too,
    memory_reindex.check_what_is_erased_meanwhile_stays_erased,
    memory_reindex.check_unknown_items_get_no_vector,
    memory_reindex.check_reindexing_can_be_abandoned,
    memory_reindex.check_the_same_embedder_takes_nothing_over,
    memory_reindex.check_a_store_is_reindexed_again_and_again,
]

CHECKS: list[Check] = [
    *memory_consolidation.CHECKS,
    consolidation_histories.check_histories_with_consolidation,
    *memory_contradictions.CHECKS,
    *memory_dated.CHECKS,
    *memory_demotion.CHECKS,
    *memory_exchange.CHECKS,
    memory_sources.check_source_is_read_back_whole,
    memory_sources.check_order_of_ids_is_kept_and_strangers_left_out,
    memory_sources.check_details_are_all_that_is_said_of_hits,
    memory_sources.check_same_source_again_changes_nothing,
    memory_sources.check_new_version_replaces_the_old,
    memory_sources.check_earlier_versions_are_searched_for_a_quote,
    memory_sources.check_only_the_next_version_is_taken,
    memory_sources.check_one_uri_has_versions_of_its_own_in_each_scope,
    memory_sources.check_hostile_text_is_kept_as_it_is,
    memory_sources.check_items_come_in_pages_newest_first,
    memory_sources.check_sources_are_found_by_how_their_address_begins,
    memory_sources.check_a_source_may_have_nothing_to_recall,
    memory_sources.check_statistics_name_every_label_and_relation,
    memory_sources.check_erase_takes_its_own_and_narrower_ones,
    memory_sources.check_what_was_erased_can_be_stored_again,
    memory_batches.check_an_empty_batch_is_harmless,
    memory_batches.check_a_batch_takes_the_new_and_refuses_the_rest,
    memory_batches.check_versions_of_one_uri_follow_each_other_in_a_batch,
    memory_batches.check_a_batch_may_go_to_several_scopes,
    memory_batches.check_a_failing_batch_leaves_nothing,
    memory_batches.check_what_was_made_ready_is_put_later,
    memory_batches.check_a_large_batch_is_stored_whole,
    memory_search.check_text_search_ranks_by_terms,
    memory_search.check_text_search_folds_case_accents_and_endings,
    memory_search.check_title_counts_more_than_text,
    memory_search.check_what_is_found_says_its_kind_and_title,
    memory_search.check_terms_are_never_query_syntax,
    memory_search.check_vector_search_is_exact_cosine,
    memory_search.check_small_tenant_gets_all_its_results,
    memory_search.check_small_audience_in_a_large_tenant_gets_all_its_results,
    memory_search.check_embedder_is_settled_once,
    memory_search.check_vectors_of_another_size_are_refused,
    memory_search.check_close_twice_is_harmless,
    memory_lineage.check_answer_is_read_back_whole,
    memory_lineage.check_same_answer_again_changes_nothing,
    memory_lineage.check_known_claim_keeps_its_flags_and_gains_support,
    memory_lineage.check_claims_are_found_and_quarantined_ones_are_not,
    memory_lineage.check_claim_may_rest_on_claims_and_answers,
    memory_lineage.check_claim_may_rest_on_a_claim_of_the_same_answer,
    memory_lineage.check_unknown_antecedent_is_refused_whole,
    memory_lineage.check_a_wider_claim_rests_on_nothing_narrower,
    memory_answers.check_answers_of_a_batch_may_rest_on_each_other,
    memory_answers.check_a_refused_answer_refuses_its_batch,
    memory_answers.check_what_a_batch_rests_on_decides_its_flags,
    memory_answers.check_answers_of_several_scopes_go_into_one_batch,
    memory_answers.check_a_large_batch_of_answers_is_stored_whole,
    memory_changes.check_revision_grows_with_every_write,
    memory_changes.check_reads_and_dry_runs_leave_the_revision,
    memory_changes.check_changed_items_are_whole,
    memory_changes.check_changed_items_come_in_whole_revisions,
    memory_changes.check_flags_that_flip_are_told,
    memory_changes.check_a_replaced_version_is_told,
    memory_changes.check_claims_that_are_not_searched_are_not_told,
    memory_changes.check_an_answer_may_state_what_is_not_searched,
    memory_changes.check_an_extracted_claim_of_two_sources_is_one,
    memory_changes.check_erasures_are_told,
    memory_truth.check_retract_and_restore_is_the_identity,
    memory_truth.check_effect_names_what_changed,
    memory_truth.check_another_justification_keeps_a_claim,
    memory_truth.check_a_justification_needs_all_its_antecedents,
    memory_truth.check_claims_that_only_support_each_other_are_out,
    memory_truth.check_a_claim_that_rests_on_nothing_is_out,
    memory_truth.check_a_claim_is_taken_back_by_itself,
    memory_truth.check_exactly_the_right_answers_are_tainted,
    memory_truth.check_support_goes_through_answers,
    memory_truth.check_quarantine_is_a_decision_too,
    memory_truth.check_what_is_in_quarantine_may_be_withdrawn,
    memory_learning.check_an_answer_on_something_withdrawn_is_out_at_once,
    memory_learning.check_flags_in_bundles_are_not_believed,
    memory_learning.check_new_support_brings_a_claim_back,
    memory_learning.check_new_support_comes_with_a_source_too,
    memory_learning.check_stating_what_was_taken_back_taints_the_answer,
    memory_learning.check_a_new_claim_comes_in_quarantined,
    memory_learning.check_a_known_claim_is_not_quarantined_by_an_answer,
    memory_learning.check_quarantine_keeps_the_reason,
    memory_supersession.check_a_superseded_claim_is_not_recalled_but_supports,
    memory_supersession.check_supersession_again_changes_nothing,
    memory_supersession.check_only_older_claims_are_superseded,
    memory_supersession.check_a_correction_is_not_stale,
    memory_supersession.check_supersession_goes_one_step,
    memory_supersession.check_fresh_support_keeps_a_claim_from_staleness,
    memory_supersession.check_staleness_goes_up,
    memory_supersession.check_any_supported_newer_version_replaces,
    memory_supersession.check_a_withdrawn_version_stays_replaced,
    memory_supersession.check_each_scope_has_versions_of_its_own,
    memory_decisions.check_deciding_needs_ownership,
    memory_decisions.check_only_sources_and_claims_are_taken_back,
    memory_decisions.check_the_same_decision_twice_is_refused,
    memory_decisions.check_giving_back_needs_ownership,
    memory_decisions.check_a_wider_decision_is_lifted_by_nobody_narrower,
    memory_decisions.check_superseding_needs_ownership,
    memory_decisions.check_a_decision_reaches_what_it_may_not_tell,
    memory_decisions.check_a_dry_run_tells_the_same_and_changes_nothing,
    memory_decisions.check_who_decided_and_why_is_kept,
    memory_decisions.check_a_long_chain_goes_out_and_comes_back,
    memory_paths.check_upstream_leads_to_the_sources,
    memory_paths.check_downstream_leads_to_the_answers,
    memory_paths.check_edges_tell_quote_and_rank,
    memory_paths.check_lineage_says_why_something_is_not_current,
    memory_paths.check_lineage_ends_in_a_circle,
    memory_paths.check_lineage_keeps_its_limit,
    memory_paths.check_lineage_shows_what_the_scope_sees,
    memory_paths.check_only_what_can_rest_has_lineage,
    memory_paths.check_lineage_tells_the_decisions,
    memory_paths.check_decisions_are_listed_newest_first,
    memory_paths.check_erased_items_take_their_decisions_along,
    memory_entities.check_an_entity_gains_the_aliases_of_every_source,
    memory_entities.check_entities_are_found_by_alias_as_written,
    memory_entities.check_an_alias_is_known_to_those_who_may_see_it,
    memory_relations.check_relations_are_shown_from_both_ends,
    memory_relations.check_a_relation_holds_as_long_as_its_claim,
    memory_relations.check_an_answer_relates_things_too,
    memory_relations.check_no_relation_reaches_beyond_its_claim,
    memory_scopes.check_every_scope_reads_its_own_and_wider_ones_only,
    memory_scopes.check_a_stranger_item_is_unknown,
]

PAIR_CHECKS: list[PairCheck] = [
    memory_writers.check_writers_do_not_lose_each_others_work,
    memory_writers.check_one_of_many_writers_of_a_version_wins,
    memory_writers.check_same_bundle_from_many_writers_is_stored_once,
    memory_batches.check_batches_in_opposite_order_do_not_block_each_other,
    memory_writers.check_embedder_claimed_by_two_is_one,
    memory_changes.check_another_handle_is_told,
    memory_items.check_another_handle_sees_items,
    memory_races.check_one_of_many_retractions_wins,
    memory_races.check_what_is_learned_during_a_retraction_is_out,
    memory_races.check_decisions_on_one_chain_meet,
    memory_races.check_a_new_version_meets_a_retraction,
]


async def backed_up(graph: MemoryGraph, target: str) -> bool:
    """Store something and copy the store to `target`; False where the server makes its own copies."""
    await put(graph, source_bundle(new_scope(), "u:1", ["backed up"]))
    try:
        await graph.backup(target)
    except MemoryUnavailable:
        return False
    return True
