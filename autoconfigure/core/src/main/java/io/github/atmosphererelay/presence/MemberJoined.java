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
 * Application event: a member has joined a channel, on this node or another one. Each
 * node publishes the event in its own application. A member who was away for less than
 * {@code atmosphere.presence.leave-delay} has not left, and so does not join again. A
 * node that has just started, or was cut off from the others, also publishes the event
 * for members who joined before.
 *
 * @param channel the channel's name
 * @param member who it is
 */
public record MemberJoined(String channel, PresenceMember member) {
}
