"""The faults that a pipeline from Kafka to Iceberg must survive, one declaration each.

The numbers are lasting names: a fault that is not made yet keeps its own.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    number: int
    name: str
    should: str  # what should happen
    tests: tuple[str, ...] = ()  # that make it and look at the result: file::function below tests/
    missing: str = ""  # why there are no tests, or what they leave out


ONCE, FALLBACK, PIPELINE = "e2e/exactly_once_test.py::", "e2e/fallback_test.py::", "e2e/pipeline_test.py::"
VERIFY, REWIND = "e2e/verify_test.py::", "e2e/rewind_test.py::"
ERRORS, LETTERS = "e2e/errors_test.py::", "e2e/dead_letters_test.py::"
MOUNT, PLACES, FILES = "hostile/mount_test.py::", "hostile/places_test.py::", "hostile/files_test.py::"
NAMES_OF_FILES = "hostile/names_test.py::"
NAMES = "e2e/column_names_test.py::"
CATALOG, STORAGE, KAFKA = "fault/catalog_test.py::", "fault/storage_test.py::", "fault/kafka_test.py::"
ANSWERS, TRUST = "hostile/answers_test.py::", "hostile/trust_test.py::"
STOP, LIMITS = "hostile/stop_test.py::", "hostile/limits_test.py::"

FAULTS = [
    Fault(1, "kill -9 at each step of a commit, and at any moment",
          "The next start goes on from the offsets in the table: nothing lost, nothing twice.",
          (ONCE + "test_killed_at_each_step", ONCE + "test_killed_at_random_moments",
           ONCE + "test_the_start_is_recorded_before_anything_is_read", FALLBACK + "test_killed_at_each_step")),
    Fault(2, "The outcome of a commit is not known: 5xx after it was applied or before, reply lost or torn",
          "Not known is not failed: no file is deleted; the table is read again and asked for our snapshot.",
          (CATALOG + "test_an_outcome_that_is_not_known", ONCE + "test_an_unknown_outcome_is_looked_up",
           FALLBACK + "test_an_unknown_outcome_is_looked_up")),
    Fault(3, "A layer between posts a commit a second time",
          "The second one's conflict is with our own first: the commit is found in the table and counts.",
          (CATALOG + "test_a_commit_is_posted_twice_by_a_layer_between",)),
    Fault(4, "Another writer commits between our load and our commit, again and again",
          "Reload, look at the offsets again, add the same files to the new head.",
          (CATALOG + "test_another_writer_commits_all_the_time",)),
    Fault(5, "An old commit arrives after its sender died, before or after its successor's",
          "The request names the head that it was made for: one of the two is refused.",
          (CATALOG + "test_a_commit_arrives_after_its_sender_was_killed_and_followed",
           CATALOG + "test_a_commit_arrives_before_the_one_that_follows")),
    Fault(6, "The pipeline comes back under another name",
          "The offsets of the old name stop it; `take_over` goes on from them.",
          (CATALOG + "test_another_name_is_refused_until_it_takes_over",
           VERIFY + "test_a_pipeline_that_was_taken_over")),
    Fault(7, "The snapshot that bears the offsets has expired, or lies beneath others'",
          "Offsets are a property of the table, or kept by a tag: both outlive expiry.",
          (CATALOG + "test_killed_at_a_commit_and_then_buried_and_expired",
           VERIFY + "test_after_expiry_the_totals_stand", FALLBACK + "test_expiry_leaves_the_tagged_snapshot")),
    Fault(8, "Orphan files are cleaned up while a commit is under way",
          "Files of commits under way are spared.", missing="Frazil cleans no orphan files yet."),
    Fault(9, "Storage or catalog slow, refusing or away",
          "Memory stays bounded, the process stays in its group, and goes on by itself.",
          (STORAGE + "test_storage_is_slow", STORAGE + "test_storage_is_away_for_a_while",
           CATALOG + "test_the_catalog_is_down_for_a_while",
           ONCE + "test_memory_stays_within_its_limit_while_commits_are_slow")),
    Fault(10, "Torn upload, upload stored though it was reported as failed, torn download",
          "Names are never used twice; a file is in the table only with the size it has in the store.",
          (STORAGE + "test_an_upload_goes_wrong", STORAGE + "test_a_part_of_a_large_upload_goes_wrong",
           STORAGE + "test_a_download_goes_wrong", STORAGE + "test_killed_in_the_middle_of_an_upload")),
    Fault(11, "A conditional PUT is sent again after its reply was lost, and finds its own object",
          "The object's owner is looked at.", missing="Frazil makes no conditional PUTs: its names are unique."),
    Fault(12, "The broker restarts or is killed, leaders move, connections are cut, hang or are slow",
          "It goes on by itself.",
          (KAFKA + "test_the_broker_restarts", KAFKA + "test_connections_to_the_broker_are_cut",
           KAFKA + "test_the_broker_says_nothing_for_longer_than_a_session",
           KAFKA + "test_the_way_to_the_broker_is_slow", KAFKA + "test_leaders_move_among_three_brokers")),
    Fault(13, "Partitions move between processes during commits",
          "What is in hand is committed or dropped whole; the new owner begins where the table stands.",
          (ONCE + "test_processes_come_and_go", FALLBACK + "test_two_processes_start_together_come_and_go")),
    Fault(14, "A process sleeps through its session and wakes up (SIGSTOP, SIGCONT)",
          "Its commits are fenced.", (ONCE + "test_a_zombie_is_fenced",)),
    Fault(15, "Late files of a slow worker join a later commit that deletes rows",
          "Changes are ordered by offset.", missing="Upsert is not built yet; appends have no order to lose."),
    Fault(16, "A record that cannot become a row",
          "As configured it stops the pipeline, is skipped and counted, is a row of the errors table, once, or a record "
          "of a topic, at least once.",
          (PIPELINE + "test_a_bad_record_stops_the_pipeline_by_its_name",
           VERIFY + "test_aborted_transactions_and_skipped_records_are_accounted_for",
           ERRORS + "test_a_row_says_all_that_is_known", ERRORS + "test_killed_at_each_step",
           ERRORS + "test_a_flood_of_bad_records_is_a_stop", NAMES + "test_the_record_is_bad_and_the_table_sound",
           NAMES + "test_what_only_the_catalog_refuses_makes_the_record_bad",
           NAMES + "test_trouble_of_the_catalog_makes_no_record_bad", LETTERS + "test_killed_around_the_commit",
           LETTERS + "test_a_letter_that_the_topic_does_not_take", LETTERS + "test_the_broker_is_away_for_a_while")),
    Fault(17, "Retention deletes records that were not read",
          "Stops and says from which offset the topic goes on; `rewind` or `on_lost_records: skip` leave the gap out, "
          "counted.",
          (KAFKA + "test_retention_takes_records_that_were_not_read",
           KAFKA + "test_records_that_retention_took_are_skipped_where_that_is_wanted",
           REWIND + "test_going_on_without_what_retention_took")),
    Fault(18, "Aborted transactions", "Their records never arrive.",
          (ONCE + "test_aborted_records_never_arrive", ONCE + "test_a_topic_of_only_aborted_records")),
    Fault(19, "A transaction stays open", "What lies behind it waits, and arrives once it ends.",
          (ONCE + "test_an_open_transaction_holds_back_and_then_arrives",)),
    Fault(20, "Compacted topic, control records, gaps in the offsets, tombstones",
          "Gaps are counted and hold nothing up.",
          (KAFKA + "test_a_compacted_topic_with_tombstones",
           PIPELINE + "test_metadata_columns_keys_headers_and_tombstones")),
    Fault(21, "The topic is deleted and made anew",
          "Stops and says so, whether the new one is shorter or longer.",
          (KAFKA + "test_the_topic_is_made_anew_while_the_pipeline_rests",
           KAFKA + "test_the_topic_is_made_anew_under_a_running_pipeline")),
    Fault(22, "An operator resets the group's offsets", "The table's offsets hold; `rewind` moves them.",
          (KAFKA + "test_an_operator_sets_the_offsets_of_the_group",
           PIPELINE + "test_the_group_mirrors_what_is_committed",
           REWIND + "test_a_running_process_goes_back_with_its_next_commit")),
    Fault(23, "Clocks disagree by minutes", "Times of snapshots never go back.",
          ("fault/clock_test.py::test_a_process_whose_clock_is_five_minutes_off",)),
    Fault(24, "The schema registry is away", "Known schemas are used, unknown ones wait.",
          missing="A schema registry is not supported yet."),
    Fault(25, "The table is dropped, or dropped and made anew, under a running pipeline",
          "The pipeline stops and says so; nothing is written to the new one.",
          (CATALOG + "test_the_table_is_dropped", CATALOG + "test_the_table_is_dropped_and_made_anew")),
    Fault(26, "The disk is full, or memory is short", "Waits for room and goes on; memory keeps its limit.",
          (STORAGE + "test_the_disk_is_full", ONCE + "test_memory_stays_within_its_limit_while_commits_are_slow")),
    Fault(27, "Compaction beside an upsert stream", "Both get on.", missing="Upsert is not built yet."),
    Fault(28, "Other engines change, rewrite or delete between commits", "Reload, plan again, go on.",
          (CATALOG + "test_rows_are_rewritten_and_columns_added_under_a_running_pipeline",
           VERIFY + "test_appends_and_deletes_by_others_are_told_and_left_out",
           VERIFY + "test_a_rewrite_by_others_keeps_the_proof"),
          missing="Spark: `make test-engines`"),
    Fault(29, "A data file is referenced twice", "`verify` finds it and says what to do.",
          (VERIFY + "test_a_doubled_file", VERIFY + "test_a_doubled_file_under_another_name")),
    Fault(30, "Late data and restarts within an open window", "Windows and offsets commit together.",
          missing="Windows are not built yet."),
    Fault(31, "A catalog or a token server answers without end, too slowly, too much, packed, nested, cut, or something else",
          "It is said within the limits of time and memory, by the limit's name; nothing is lost, and it goes on once the "
          "server is itself again.",
          (ANSWERS + "test_a_catalogs_first_answer", ANSWERS + "test_a_catalogs_answer_about_a_table",
           ANSWERS + "test_a_catalog_whose_pages_repeat", ANSWERS + "test_a_token_servers_answer",
           ANSWERS + "test_a_brokers_token_servers_answer", ANSWERS + "test_a_busy_token_server_is_asked_again",
           "hostile/metadata_test.py::test_a_metadata_file")),
    Fault(32, "A catalog, a token server or a store sends its clients to another server",
          "No secret and no record follows to a server that the configuration does not name.",
          (TRUST + "test_a_catalog_that_names_another_server", TRUST + "test_a_catalog_that_redirects",
           TRUST + "test_a_token_server_that_redirects",
           TRUST + "test_keys_of_ones_own_go_to_no_endpoint_that_only_the_catalog_names"),
          missing="a store that redirects: docs/trust.md"),
    Fault(33, "SIGTERM while a catalog, its token server, a broker, storage or a name server hangs",
          "The process ends within ten seconds. A commit under way gets eight; what is not in is read again.",
          tuple(STOP + test for test in (
              "test_a_catalog_that_hangs_at_the_start", "test_a_broker_that_hangs",
              "test_a_broker_that_freezes_while_it_is_read", "test_storage_that_hangs", "test_a_name_server_that_hangs",
              "test_a_catalog_that_takes_no_commit_at_a_first_start", "test_a_commit_that_hangs_in_the_end",
              "test_every_verb_hears_the_signal_and_survives_broken_pipes",
              "test_the_first_process_of_a_container_hears_the_signal"))),
    Fault(34, "Few threads, few descriptors, little address space",
          "Ends by itself, done or with an error that says what was missing; nothing is lost or doubled afterwards.",
          tuple(LIMITS + test for test in ("test_few_threads", "test_few_descriptors", "test_little_address_space",
                                           "test_few_threads_for_storage"))),
    Fault(35, "A failure after reading that lasts",
          "Tried again ever more seldom until something is committed; told once; no file is left behind.",
          ("hostile/failing_test.py::test_what_fails_after_reading_leaves_no_files",)),
    Fault(36, "The file system of a local warehouse, or the file of a SQL catalog, goes away or is replaced",
          "Nothing is made below the mount point, no commit names what nobody sees; it goes on once all is back.",
          (MOUNT + "test_a_mount_goes_away", MOUNT + "test_it_goes_between_a_file_and_its_commit",
           MOUNT + "test_it_is_away_when_all_is_to_be_read_once",
           MOUNT + "test_the_catalog_s_file_is_replaced_and_goes_away")),
    Fault(37, "A catalog, or a table's metadata, names places of this machine that nobody gave it",
          "Nothing is written or deleted there, nor through a link; the place is told by name.",
          (PLACES + "test_a_catalog_names_a_place", PLACES + "test_a_place_that_is_given_by_name",
           PLACES + "test_a_metadata_log_that_names_foreign_files", PLACES + "test_a_link_in_the_table",
           PLACES + "test_a_table_s_name_that_leads_elsewhere")),
    Fault(38, "A file is a pipe, a directory or a terabyte long, or may not grow",
          "It is told at once by name; nothing is lost.",
          (FILES + "test_a_file_of_the_table_is_none", FILES + "test_configuration_and_secrets_that_are_no_files",
           FILES + "test_a_certificate_that_is_a_pipe",
           FILES + "test_a_file_may_not_grow", FILES + "test_the_disk_of_catalog_and_warehouse_is_full")),
    Fault(39, "Partition values, or names of columns, are longer than names of files may be",
          "Paths are shortened by a hash; the values are whole.",
          (NAMES_OF_FILES + "test_long_partition_values", NAMES_OF_FILES + "test_many_partition_fields",
           NAMES_OF_FILES + "test_long_names_of_columns_and_binaries")),
]

# The tests of connect_test.py that make some of them for Kafka Connect's sink, by the fault's number.
CONNECT = {number: "fault/connect_test.py::" + test for number, test in {
    1: "test_killed_at_any_moment",
    2: "test_an_outcome_that_is_not_known",
    3: "test_a_commit_is_posted_twice_by_a_layer_between",
    4: "test_another_writer_commits_all_the_time",
    5: "test_a_commit_arrives_after_its_sender_was_killed",
    14: "test_a_process_sleeps_through_its_session_and_wakes_up",
}.items()}
