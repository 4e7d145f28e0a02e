"""View models: frozen dataclasses that templates take, one per page. No database, no clock.

An endpoint builds one and calls `pages.render(template, view, language)`. Every view model has
`frame` (`patient.PatientFrame` or `frame.StaffFrame`), which brings now, zone, CSRF and names.
Instants are aware datetimes; templates turn them into the frame's wall time. Addresses are
given whole and hold neither names nor health information; every form is a POST.

Patients (`views.patient`, all with `frame`)
  patient/start.html       StartView       action question_count minutes read_hours closes_at
                                           continue_at helper_may_answer call_me_action not_me_url
  patient/question.html    QuestionView    (`views.question`) action number total by_part is_section
                                           questions[Question] title texts recall closing more
                                           may_leave is_empty has_back notice
  patient/review.html      ReviewView      action rows[ReviewRow] words words_max words_too_long
                                           read_hours
  patient/done.html        DoneView        kind[DoneKind] stored_at again_action looker look_by
                                           nobody_on_duty next_duty_at reported[Reported] advice
                                           call_ending seen_at seen_by read_hours
                                           histories[HistoryView] history_url
                                           symptoms[SymptomAdvice]
  patient/birth_date.html  BirthDateView   action skip_url wrong incomplete tries_left locked
                                           day month year
  patient/expired.html     ExpiredView     action was_for closed_at next_at
  patient/finished.html    FinishedView    sent_at again_action status_url seen_at next_at
  patient/not_sent.html    NotSentView     action answers[Field] stored_to closes_at
  patient/not_me.html      NotMeView       action back_url
  patient/notice.html      NoticeView      kind[NoticeKind]
  patient/error.html       PatientErrorView kind[PatientErrorKind] reference
  patient/own.html         OwnView         (`views.patient_own`) back_url rows[OwnRow] said ended
                                           stopped start_action paused resume_action stop_url
  patient/own_form.html    OwnFormView     action back_url heading button told groups[OwnGroup]
                                           entries[OwnEntry] agree wrong wrong_at

Signing in (`views.access`, `StaffFrame` without `user_name`)
  staff/login.html         LoginView       action email failed locked_minutes notice
  staff/second_factor.html SecondFactorView action recovery other_url failed
  staff/enrol_factor.html  EnrolFactorView action otpauth_uri secret failed
  staff/recovery_codes.html RecoveryCodesView action codes
  staff/set_password.html  SetPasswordView action email minimum problems
  staff/lock.html          LockView        action email failed sign_out_action
  staff/done.html          DoneStep        heading text next_label next_url
  staff/error.html         StaffErrorView  status heading text problems problems_language reference
                                           back_url

Nurses (`views.alerts`, `views.symptoms`, `views.patients`, `views.calls`)
  staff/worklist.html, staff/worklist_fragment.html
                           WorklistView    rows[WorkRow] filters watch[Watch] quiet[Quiet] version
                                           version_url fragment_url on_duty promised nobody_on_duty
  staff/alert.html         AlertView       patient[PatientHead] heading findings[Finding] clock
                                           heat[HeatTable] review pack quotes[Quote] advice_shown
                                           advice_language helped_before similar held version_url
                                           live_url (`views.alert_page`)
  staff/alert_live.html    AlertClock      code level state opened_at target actions[AlertActions]
                                           owner mine taken_at loan_ends_at next_step outcome
                                           timeline[TimelineEntry] promised moment news
  staff/handover.html      HandoverView    since shifts open[OpenLine] promised[PromisedLine]
                                           closed[ClosedLine] on_duty notes[NoteLine]
                                           (`views.handover`)
  staff/patient_summary.html
                           SummaryView     patient zone treatment answered heat alerts words
                                           expected call_backs (`views.patient_summary`)
  staff/calls.html, staff/calls_fragment.html
                           CallsView       now[CallRow] later[CallRow] outcomes watch version
                                           surveys_to_come version_url fragment_url noted[Noted]
                                           problems
  staff/entry.html         EntryView       patient action cancel_url intro[Said] born language
                                           recall items[EntryItem] relations notice by relation
                                           interpreter words problems
  staff/entry_done.html    EntryDoneView   kind back_url record_url stored_at say crisis[Said]
                                           advice on_duty looker look_by alert_url
  staff/patients.html      PatientsView    rows[PatientRow] filters search_action query total
                                           add_url import_url next_url
  staff/patient.html       PatientView     patient heading status reach contacts[ContactLine]
                                           days[StoryDay] zone heat expected panels filters
                                           links buttons[PostButton] earlier_url
  staff/patient_form.html  PatientFormView action cancel_url choices[PatientChoices]
                                           values[PatientValues] problems new version
  staff/import.html        ImportView      upload_action columns[ColumnHelp] report_rows[ImportRow]
                                           confirm_action token problems imported

Managers and administrators (`views.site`, `views.admin`)
  staff/site.html          SiteView        heading period periods facts[Fact] completion[RunPoint]
                                           completion_caption funnel[FunnelStep] funnel_caption
                                           levels[LevelCounts] levels_caption
                                           acknowledge[BucketTable] close[BucketTable] lists
  staff/tasks.html         TasksView       rows[TaskRow] filters
  staff/task.html          TaskView        what why patient due_at overdue version owner
                                           take_action outcome_action codes code note history
                                           problems outcome buttons links survey
  staff/staff_list.html    StaffListView   rows[StaffRow] add_url
  staff/staff_form.html    StaffFormView   action cancel_url role_choices values[StaffValues]
                                           problems new reset_factor_action
  staff/keys.html          KeysView        rows[KeyRow] action scope_choices new_key problems
  staff/audit.html         AuditView       rows[AuditRow] chain chain_well filters next_url

Demo (`views.demo`)
  staff/phones.html, staff/phones_fragment.html
                           PhonesView      patients[Phone] nurses[Phone] version version_url
                                           fragment_url buttons moods mood mood_action
"""
