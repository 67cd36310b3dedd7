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

package io.github.atmosphererelay.presence;

/**
 * Application event: the last session of a member has left a channel, and the member has
 * not come back within {@code atmosphere.presence.leave-delay}. A session that routing
 * asks to move to another node only counts as having left after
 * {@code atmosphere.presence.move-timeout}. Each node publishes the event in its own
 * application.
 *
 * @param channel the channel's name
 * @param member who it was, with the sessions and attributes that were known last
 */
public record MemberLeft(String channel, PresenceMember member) {
}
