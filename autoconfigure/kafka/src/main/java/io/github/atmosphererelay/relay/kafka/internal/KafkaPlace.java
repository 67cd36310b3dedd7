/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.atmosphererelay.relay.kafka.internal;

/**
 * A place in a partition: directly before {@code offset}, and after a record that was
 * written under a leader epoch. If two logs of a partition both have a record with the
 * same offset and leader epoch, they are equal up to that record, however many elections
 * there were: each leader epoch has one leader, which writes each offset once.
 *
 * @param leaderEpoch the leader epoch of the record before the place
 * @param offset the offset of the record after the place
 */
record KafkaPlace(int leaderEpoch, long offset) {

}
